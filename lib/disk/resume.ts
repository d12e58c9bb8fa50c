/**
 * Resuming bodies that broke off (RFC 9110 §13.1.5, §14).
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";

/** Which version of what a body is, kept beside its bytes to resume it. */
export interface Validator {
  /** The URL it is from, because file names are only fingerprints of URLs. */
  url: string;
  /** The resource that answered, if redirects led to another: a validator says nothing about any other resource. */
  from?: string;
  /** The value for If-Range: a strong ETag or a date of modification. */
  ifRange: string;
  /** Bytes of the whole body, when the server said so. */
  length?: number;
  /** The content codings that it keeps, because they are the file's own. Default: none. */
  coding?: string;
}

/** An unfinished body, and the request that resumes it. */
export interface Resumable extends Validator {
  /** Bytes that are there. */
  bytes: number;
  /** Where they are. */
  path: string;
  /** The headers that ask for what is missing. */
  headers: { range: string; "if-range": string };
}

/** What a response has to say to {@linkcode Resumable.headers}. */
export type RangeAnswer =
  /** Its body is what is missing. */
  | "resumed"
  /** Its body is the whole: the server doesn't know ranges, or has another version now. Start over. */
  | "whole"
  /** Its body is neither, or the server has nothing there: forget what there is, and ask again without these headers. */
  | "neither"
  /** It failed for another reason; keep what there is. */
  | "failure";

/** Seconds a date of modification must be older than the response to be a strong validator (RFC 9110 §8.8.2.2). */
const STRONG_AGE_S = 60;

/** A strong ETag (RFC 9110 §8.8.3). */
const STRONG_TAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/**
 * What it takes to resume the body of this response later.
 *
 * @param url The URL that was asked for.
 * @param response The response, with status 200 or 206.
 * @returns Undefined when it can't be resumed: the body was decoded, or the server names no version of it.
 */
export function validatorOf(url: string, response: Answer): Validator | undefined {
  const { headers } = response;
  if (headers.has("content-encoding") || headers.get("accept-ranges") === "none") return undefined;
  const tag = headers.get("etag");
  const ifRange = tag ?? strongDate(headers);
  if (ifRange === undefined || (tag !== null && !STRONG_TAG.test(tag))) return undefined;
  const length = response.status === 206 ? contentRange(response)?.length : wholeLength(response);
  const { coding } = response;
  const from = resourceOf(response, url, ifRange);
  return {
    ...{ url, ifRange },
    ...from !== undefined && { from },
    ...length !== undefined && { length },
    ...coding !== undefined && { coding },
  };
}

/**
 * The date of a response that tells its version from any other, because nothing can have changed after it in the same second.
 *
 * @param headers The response's.
 * @returns Its Last-Modified; undefined if there is none that is old enough.
 */
export function strongDate(headers: Answer["headers"]): string | undefined {
  const modified = headers.get("last-modified");
  const age = (Date.parse(headers.get("date") ?? "") - Date.parse(modified ?? "")) / 1_000;
  return modified !== null && age >= STRONG_AGE_S ? modified : undefined;
}

/** Bytes the body of a response must have, undefined when it doesn't say or is decoded on the way. */
export function wholeLength({ status, headers }: Answer): number | undefined {
  if (status === 204) return 0; // whatever it says (RFC 9112 §6.3)
  const length = headers.get("content-length");
  if (length === null || !/^\d+$/.test(length)) return undefined;
  // Packed, it is another length; in chunks, these count whatever it says (RFC 9112 §6.3)
  return headers.has("content-encoding") || headers.has("transfer-encoding") ? undefined : Number(length);
}

/**
 * The request that resumes a body.
 *
 * @param validator What is known of the whole.
 * @param bytes The bytes that are there.
 * @returns How many of them to keep, and the headers. The last byte of a body that seems to be there entirely is asked
 * for again, because there is no other way to ask whether it is still the right one.
 */
export function resumeRequest(validator: Validator, bytes: number): { bytes: number; headers: Resumable["headers"] } {
  const kept = Math.min(bytes, (validator.length ?? Infinity) - 1);
  return { bytes: kept, headers: { range: `bytes=${kept}-`, "if-range": validator.ifRange } };
}

/**
 * Judges the answer to a request for what is missing. It is that only if the server says that it is of the same version, by
 * the same strong validator (RFC 9110 §15.3.7.3), whatever If-Range should have made it do.
 *
 * @param resumable What is there.
 * @param response The answer.
 * @returns What its body is.
 */
export function judgeAnswer(resumable: Resumable, response: Answer): RangeAnswer {
  if (response.status === 200) return "whole";
  if (response.status === 416) return "neither";
  if (response.status !== 206) return "failure";
  return isSameVersion(resumable, response) && resumedLength(resumable, response) !== undefined ? "resumed" : "neither";
}

/**
 * Bytes that the whole has of which this response brings what is missing.
 *
 * @param resumable What is there.
 * @param response The answer, with status 206.
 * @returns Undefined when it isn't everything that is missing, or contradicts itself or what was said before.
 */
export function resumedLength(resumable: Resumable, response: Answer): number | undefined {
  const range = contentRange(response);
  if (range === undefined || range.start !== resumable.bytes) return undefined;
  const { start, end, length = resumable.length } = range;
  // Without a length, there is no telling whether what ends there is the end
  if (length === undefined || length !== end + 1 || length !== (resumable.length ?? length)) return undefined;
  const announced = wholeLength(response);
  return announced === undefined || announced === end + 1 - start ? length : undefined;
}

function isSameVersion({ url, from, ifRange, coding }: Resumable, response: Answer): boolean {
  const { headers } = response;
  if (headers.has("content-encoding") || /^\s*multipart\//i.test(headers.get("content-type") ?? "")) return false;
  if (response.coding !== coding) return false;
  // What had no ETag then and has one now isn't the same either
  const isTag = ifRange.startsWith('"');
  if (headers.get("etag") !== (isTag ? ifRange : null)) return false;
  return (isTag || headers.get("last-modified") === ifRange) && resourceOf(response, url, ifRange) === from;
}

/** The resource that answered, if it isn't the one that was asked. */
function resourceOf(response: Answer, url: string, ifRange: string): string | undefined {
  const [to, asked] = [response.url || url, url].map((each) => versionedResource(each, ifRange));
  return to === asked ? undefined : to;
}

/**
 * What a version is of. Of a query, which may be a signature that is new every time, an ETag is independent enough; a date
 * isn't.
 *
 * @param url The URL that answered.
 * @param version What it called its version.
 */
export function versionedResource(url: string, version: string): string {
  const { origin, pathname, search } = new URL(url);
  return origin + pathname + (version.endsWith('"') ? "" : search);
}

/** `bytes 5-9/10`, or with `*` for the length (RFC 9110 §14.4). */
function contentRange(response: Answer): { start: number; end: number; length?: number } | undefined {
  const [, start, end, length] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(response.headers.get("content-range") ?? "") ??
    [];
  if (start === undefined || Number(end) < Number(start) || !Number.isSafeInteger(Number(end))) return undefined;
  const range = { start: Number(start), end: Number(end) };
  return length === "*" ? range : { ...range, length: Number(length) };
}
