/**
 * The answer of a page that doesn't fail: whole or in part, coded or not, in one go or over time.
 *
 * @module
 */

import { streamBody } from "./body.ts";
import type { Pace } from "./connection_pace.ts";
import type { Behaviour } from "./parameters.ts";
import { select } from "./preconditions.ts";
import type { Representation } from "./representation.ts";

/** What was asked for. */
export interface SuccessOptions {
  /** The status. */
  status: number;
  /** How to behave. */
  behaviour: Behaviour;
  /** The request. */
  request: Request;
  /** Whether only the headers will be sent. */
  head: boolean;
  /** The bit of the whole body that arrives wrong. Default: none. */
  flippedBit?: number;
  /** What it shares with the other bodies of its connection. Default: it needn't wait. */
  pace?: Pace;
  /** What the page holds after its next change. */
  next: () => Representation;
}

/** Bodies up to this many bytes are sent in one go, unless asked otherwise. */
const SMALL = 65_536;

/** Answers with a page, or with the part of it that was asked for. */
export async function success(body: Representation, options: SuccessOptions): Promise<Response> {
  const { behaviour, request, head } = options;
  const { chunkSize, ranges = "right", bomb } = behaviour;
  const encoding = behaviour.encoding ?? (behaviour.gzip || bomb !== undefined ? "gzip" : undefined);
  // Loaded when first needed, like everything that costs start-up time.
  const coding = encoding && !head ? await import("./coding.ts") : undefined;
  const isCoded = coding && encoding && (behaviour.encodingForced || coding.accepts(request.headers, encoding));
  const whole = !isCoded && chunkSize === undefined;
  const etag = isCoded ? body.etag.replace(/"$/, `-${encoding}"`) : body.etag;
  const headers = new Headers({ "content-type": body.type });
  if (etag) headers.set("etag", etag);
  if (body.lastModified) headers.set("last-modified", body.lastModified);
  if (encoding) headers.set("vary", "accept-encoding");
  if (whole) headers.set("accept-ranges", ranges === "none" ? "none" : "bytes");

  const page = { ...body, etag, ranges: whole && ranges !== "none" && ranges !== "ignored" };
  const selection = options.status === 200 ? select(request.headers, page) : { status: 200 as const };
  if (selection.status === 304 || selection.status === 412) return new Response(null, { ...selection, headers });
  if (selection.status === 416 || (selection.status === 206 && ranges === "refused")) {
    headers.set("content-range", `bytes */${body.length}`);
    return new Response(null, { status: 416, headers });
  }
  if (isCoded) {
    headers.set("content-encoding", coding.tokenOf(encoding));
    const bytes = bomb === undefined
      ? coding.encode(encoding, sendable(flipped(body.part, options), 0, body.length, options).stream())
      : (await import("./bomb.ts")).bomb(encoding, bomb);
    return new Response(bytes, { status: options.status, headers });
  }
  if (selection.status === 206) return partial(body, { ...options, ...selection, headers });
  const sent = sendable(flipped(body.part, options), 0, body.length, options);
  if (whole || head) headers.set("content-length", String(body.length));
  return new Response(head ? null : sent.body(), { status: options.status, headers });
}

/** One byte is sent wrong, where a bit of it was asked to be. */
function flipped(part: Representation["part"], { flippedBit }: SuccessOptions): Representation["part"] {
  if (flippedBit === undefined) return part;
  const at = flippedBit >> 3;
  return (start, length) => {
    const bytes = part(start, length);
    if (at >= start && at < start + length) bytes[at - start] ^= 1 << (flippedBit & 7);
    return bytes;
  };
}

/** A part of a page, as `ranges` wants it. */
function partial(
  body: Representation,
  options: SuccessOptions & { start: number; end: number; headers: Headers },
): Response {
  const { behaviour, headers, start, head, next } = options;
  const { ranges = "right" } = behaviour;
  const end = ranges === "short" ? Math.max(start + 1, (start + options.end) >> 1) : options.end;
  const total = ranges === "wrong-total" ? body.length + 1 : body.length;
  const shift = ranges === "wrong-content-range" ? (start > 0 ? -1 : 1) : 0;
  if (ranges !== "no-content-range") {
    headers.set("content-range", `bytes ${start + shift}-${end - 1 + shift}/${total}`);
  }
  const other = ranges === "other-version" || ranges === "other-bytes" ? next() : undefined;
  if (ranges === "other-version" && other?.etag) headers.set("etag", other.etag);
  if (ranges === "other-version" && other?.lastModified) headers.set("last-modified", other.lastModified);
  headers.set("content-length", String(end - start));
  const sent = sendable(flipped((other ?? body).part, options), start, end, options);
  return new Response(head ? null : sent.body(), { status: 206, headers });
}

/** A part of a body, as it is sent: over the time that was asked for. */
function sendable(part: Representation["part"], start: number, end: number, options: SuccessOptions) {
  const { behaviour: { chunkSize, duration = 0, rate = Infinity }, pace } = options;
  const length = end - start;
  const time = Math.max(duration, length / rate * 1_000);
  const stream = () =>
    streamBody({
      part: (from, size) => part(start + from, size),
      length,
      chunkSize: chunkSize ?? pace?.pieceSize,
      duration: time,
      pace: pace?.wait,
    });
  return {
    stream,
    body: () => chunkSize === undefined && time === 0 && !pace && length <= SMALL ? part(start, length) : stream(),
  };
}
