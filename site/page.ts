/**
 * `GET /{n}`, behaving as asked.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { STATUS_TEXT } from "@std/http/status";
import { Attempts } from "./attempts.ts";
import { streamBody } from "./body.ts";
import { content, contentKey } from "./content.ts";
import { breakResponse } from "./faults.ts";
import { chance } from "./hash.ts";
import { type Behaviour, type Fault, queryName } from "./parameters.ts";
import { select } from "./preconditions.ts";

/** One request for a page. */
export interface PageRequest {
  /** The page, an integer in its shortest form. */
  n: string;
  /** What was asked for, over what the site does for everyone. */
  behaviour: Behaviour;
  /** The request. */
  request: Request;
  /** Where it came from. */
  client: Deno.NetAddr;
  /** Whether only the headers will be sent. */
  head: boolean;
}

/** What to answer. */
export interface Page {
  /** The response; absent when the fault left none to send. */
  response?: Response;
  /** How it breaks; absent if it doesn't. */
  fault?: Fault;
}

/** When all pages were last changed: never, so a fixed date. */
const LAST_MODIFIED = new Date("2026-01-01T00:00:00Z").toUTCString();

/** Bodies up to this many bytes are sent in one go, unless asked otherwise. */
const SMALL = 65_536;

/** Answers requests for pages, and remembers how often each was asked for, since that decides which of them fail. */
export class Pages {
  readonly #attempts = new Attempts();

  /** Forgets how often each page was asked for, so that a second run fails like the first. */
  reset(): void {
    this.#attempts.reset();
  }

  /** Answers one request, after the wait it asked for. */
  async answer({ n, behaviour, request, client, head }: PageRequest): Promise<Page> {
    const { seed = 0, failureRate } = behaviour;
    const lot = (what: string) => chance(`${what}:${seed}:${n}:${attempt}`);
    const attempt = behaviour.jitter || failureRate ? this.#attempts.next(n) : 1;
    const wait = (behaviour.delay ?? 0) + (behaviour.jitter ?? 0) * lot("jitter");
    if (wait > 0) await delay(wait);

    const fails = failureRate === undefined || lot("failure") < failureRate;
    const fault = fails ? behaviour.fault : undefined;
    const status = fails ? behaviour.status ?? (failureRate !== undefined && !fault ? 503 : 200) : 200;
    const body = bodyOf(n, behaviour);
    if (fault) {
      const http2 = !request.headers.has("host");
      const headers = new Headers({ "content-type": body.type });
      return { fault, response: breakResponse(fault, { client, http2, status, headers, ...body }) };
    }
    if (status >= 400) return { response: failure(status, behaviour) };
    if (behaviour.redirectLoop) return { response: redirect(pathOf(request.url)) };
    if (behaviour.redirects) return { response: redirect(oneLess(request.url, n, behaviour.redirects)) };
    if ([204, 205, 304].includes(status)) return { response: new Response(null, { status }) };
    return { response: success(body, { status, behaviour, request, head }) };
  }
}

/** What a page holds. */
interface Body {
  /** Its media type. */
  type: string;
  /** Its length in bytes. */
  length: number;
  /** Its entity tag. */
  etag: string;
  /** Makes a part of it. */
  part: (start: number, length: number) => Uint8Array<ArrayBuffer>;
  /** Makes so many bytes that mean nothing. */
  garbage: (length: number) => Uint8Array<ArrayBuffer>;
}

function bodyOf(n: string, { numbytes, seed = 0 }: Behaviour): Body {
  const key = contentKey(n, seed);
  const garbage = (length: number) => content(key, 0, length);
  const tag = key.toString(16).padStart(8, "0");
  if (numbytes === undefined) {
    const text = new TextEncoder().encode(n);
    return {
      type: "application/json",
      length: text.byteLength,
      etag: `"${tag}"`,
      part: (start, length) => text.slice(start, start + length),
      garbage,
    };
  }
  return {
    type: "application/octet-stream",
    length: numbytes,
    etag: `"${tag}-${numbytes}"`,
    part: (start, length) => content(key, start, length),
    garbage,
  };
}

function failure(status: number, { retryAfter, retryAfterForm }: Behaviour): Response {
  const headers = new Headers();
  if (retryAfter !== undefined) {
    const date = new Date(Date.now() + retryAfter * 1_000).toUTCString();
    headers.set("retry-after", retryAfterForm === "date" ? date : String(retryAfter));
  }
  const detail = STATUS_TEXT[status] ?? "Failed as it was asked to";
  return Response.json({ detail }, { status, headers });
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location } });
}

/** A URL without its host: the server may be known by another name outside. */
function pathOf(url: string): string {
  return url.slice(url.indexOf("/", "https://".length));
}

/** The same page with one redirect less to go. */
function oneLess(url: string, n: string, redirects: number): string {
  const query = new URLSearchParams(url.slice(url.indexOf("?")));
  if (redirects > 1) query.set(queryName("redirects"), String(redirects - 1));
  else query.delete(queryName("redirects"));
  return query.size ? `/${n}?${query}` : `/${n}`;
}

interface SuccessOptions {
  status: number;
  behaviour: Behaviour;
  request: Request;
  head: boolean;
}

function success(body: Body, { status, behaviour, request, head }: SuccessOptions): Response {
  const { chunkSize, duration = 0, rate = Infinity } = behaviour;
  const gzip = behaviour.gzip && !head && acceptsGzip(request.headers);
  const whole = !gzip && chunkSize === undefined;
  const etag = gzip ? body.etag.replace(/"$/, `-gzip"`) : body.etag;
  const headers = new Headers({ "content-type": body.type, etag, "last-modified": LAST_MODIFIED });
  if (behaviour.gzip) headers.set("vary", "accept-encoding");
  if (whole) headers.set("accept-ranges", "bytes");

  const page = { etag, lastModified: LAST_MODIFIED, length: body.length, ranges: whole };
  const selection = status === 200 ? select(request.headers, page) : { status: 200 as const };
  if (selection.status === 304 || selection.status === 412) return new Response(null, { ...selection, headers });
  if (selection.status === 416) {
    headers.set("content-range", `bytes */${body.length}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = selection.status === 206 ? selection : { start: 0, end: body.length };
  if (selection.status === 206) {
    status = 206;
    headers.set("content-range", `bytes ${start}-${end - 1}/${body.length}`);
  }
  const length = end - start;
  if (whole || head) headers.set("content-length", String(length));
  if (head) return new Response(null, { status, headers });

  const time = Math.max(duration, length / rate * 1_000);
  if (whole && time === 0 && length <= SMALL) return new Response(body.part(start, length), { status, headers });
  const part = (from: number, size: number) => body.part(start + from, size);
  const stream = streamBody({ part, length, chunkSize, duration: time });
  if (!gzip) return new Response(stream, { status, headers });
  headers.set("content-encoding", "gzip");
  return new Response(stream.pipeThrough(new CompressionStream("gzip") as TransformStream), { status, headers });
}

/** Whether gzip is among the codings a client accepts, and not with a weight of 0 (RFC 9110 §12.5.3). */
function acceptsGzip(headers: Headers): boolean {
  const codings = (headers.get("accept-encoding") ?? "").toLowerCase().split(",").map((each) => each.trim());
  const gzip = codings.find((each) => /^(x-)?gzip\b/.test(each)) ?? codings.find((each) => each.startsWith("*"));
  return gzip !== undefined && !/;\s*q=0(\.0*)?$/.test(gzip);
}
