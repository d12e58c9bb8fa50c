/**
 * Which version of what a file is: from the answer that it was saved from, through the journal, to the conditional request of
 * a later run (RFC 9110 §13), and to what may be believed of its answer.
 *
 * What a server calls a version is believed only for a file that is as it was saved, by its size and its time: a version is
 * written down after its file has got its name, and what the journal says of a file before it gets its name makes it forget
 * its version. So a run that is killed at any moment leaves a file with its version, or with none, but never with another's.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import type { FileVersion } from "../core/download.ts";
import { fingerprint, FINGERPRINT_WORDS, fingerprintHex } from "./fingerprint.ts";
import { type JournalRecord, MOST_NAME } from "./journal_record.ts";
import { strongDate, versionedResource } from "./resume.ts";

/** An ETag with something in it (RFC 9110 §8.8.3). */
const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]+"$/;

/** What separates the parts of a version in the journal; no header has it in it. */
const SEPARATOR = "\n";

/**
 * What the journal keeps of the version of an answer.
 *
 * @param response The answer, with status 200 or 206.
 * @param options Whether its body is saved as it is sent.
 * @returns Undefined if the answer has no version that can be asked about: neither an ETag nor a date that was old enough. A
 * weak ETag with a fresh date may stay the same when the file changes again in the same second.
 */
export function versionText(response: Answer, { isRaw }: { isRaw: boolean }): string | undefined {
  const { headers, url } = response;
  const tag = headers.get("etag");
  const date = strongDate(headers);
  if (tag !== null && (!TAG.test(tag) || tag.startsWith("W/") && headers.has("last-modified") && date === undefined)) {
    return undefined;
  }
  const name = tag ?? date;
  if (name === undefined) return undefined;
  const text = [isRaw ? "raw" : "", resourceOf(url, name), name].join(SEPARATOR);
  return new TextEncoder().encode(text).length <= MOST_NAME ? text : undefined;
}

/**
 * The record of a version.
 *
 * @param asked What was asked for; see `downloadKey()`.
 * @param text The version, from {@linkcode versionText}.
 * @param file The path of the file, which is there.
 */
export function versionRecord(asked: string, text: string, file: string): JournalRecord {
  const key = new Uint32Array(FINGERPRINT_WORDS);
  fingerprint(asked, key);
  const { size, mtime } = Deno.lstatSync(file);
  const ms = mtime?.getTime() ?? 0;
  return { key, size, naming: "version", storedName: text, name: Uint32Array.of(ms / 2 ** 32, ms % 2 ** 32) };
}

/** What a record says of a version. */
export function readVersion({ storedName, size, name }: Readonly<JournalRecord>): FileVersion {
  const [raw, of, version] = storedName.split(SEPARATOR);
  return { name: version, of, isRaw: raw !== "", size, modifiedMs: name[0] * 2 ** 32 + name[1] };
}

/**
 * Whether a file is as it was when its version was noted.
 *
 * @param path The file.
 * @param version The version.
 */
export function isAsSaved(path: string, { size, modifiedMs }: FileVersion): boolean {
  try {
    const found = Deno.lstatSync(path);
    return found.isFile && found.size === size && found.mtime?.getTime() === modifiedMs;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** The header that asks for a file only if it isn't a version any more. */
export function conditionOf({ name }: FileVersion): Record<string, string> {
  return isTag(name) ? { "if-none-match": name } : { "if-modified-since": name };
}

/**
 * Whether an answer says that a version is the current one. A 304 may be that of another resource, if redirects lead
 * elsewhere now, and what it says of its own version must not be another (RFC 9110 §15.4.5).
 *
 * @param response The answer to a request with {@linkcode conditionOf}.
 * @param version The version.
 */
export function confirms(response: Answer, { name, of }: FileVersion): boolean {
  if (response.status !== 304 || resourceOf(response.url, name) !== of) return false;
  if (!isTag(name)) return (response.headers.get("last-modified") ?? name) === name;
  // The comparison is the weak one (RFC 9110 §13.1.2)
  return opaque(response.headers.get("etag") ?? name) === opaque(name);
}

/** The latest time that is taken from a server: its clock may be wrong, but not by more. */
const AHEAD_MS = 24 * 60 * 60_000;

/**
 * When the server says that what it sends was modified.
 *
 * @param response Its answer.
 * @returns Milliseconds since the epoch; undefined if it doesn't say, or says what can't be.
 */
export function modifiedAt({ headers }: Answer): number | undefined {
  const ms = Date.parse(headers.get("last-modified") ?? "");
  return ms >= 0 && ms <= Date.now() + AHEAD_MS ? ms : undefined;
}

function isTag(version: string): boolean {
  return version.endsWith('"');
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, "");
}

function resourceOf(url: string, version: string): string {
  return fingerprintHex(versionedResource(url, version));
}
