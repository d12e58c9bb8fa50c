/**
 * Coded bodies (RFC 9110 §8.4), right ones and wrong ones.
 *
 * It is loaded with the first request for one.
 *
 * @module
 */

import { Readable } from "node:stream";
import { type BrotliCompress, constants, createBrotliCompress, createZstdCompress, deflateRawSync } from "node:zlib";
import { Crc32 } from "./crc32.ts";
import type { ENCODINGS } from "./parameters.ts";

/** How a body is coded. */
export type Encoding = typeof ENCODINGS[number];
type Bytes = Uint8Array<ArrayBuffer>;

/**
 * What a gzip member begins with, of no name and no date (RFC 1952 §2.3).
 *
 * @internal
 */
export const GZIP_HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** What is sent behind a whole gzip body: text that any proxy or template may have left there. */
const TRAILING = new TextEncoder().encode("\n<!-- served in 3 ms -->\n");

/** What Content-Encoding says of it. */
export function tokenOf(encoding: Encoding): string {
  return encoding === "deflate-raw" ? "deflate" : encoding.replace(/-.*/, "");
}

/** Whether a client accepts the coding, not with a weight of 0 (RFC 9110 §12.5.3). */
export function accepts(headers: Headers, encoding: Encoding): boolean {
  const token = tokenOf(encoding);
  const codings = (headers.get("accept-encoding") ?? "").toLowerCase().split(",").map((each) => each.trim());
  const named = (coding: string) => coding.split(";")[0].trim().replace(/^x-/, "");
  const coding = codings.find((each) => named(each) === token) ?? codings.find((each) => named(each) === "*");
  return coding !== undefined && !/;\s*q=0(\.0*)?$/.test(coding);
}

/** Codes a body as it is sent. */
export function encode(encoding: Encoding, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  switch (encoding) {
    case "gzip":
    case "deflate":
    case "deflate-raw":
      return body.pipeThrough(new CompressionStream(encoding) as TransformStream);
    case "br":
      return throughNode(body, createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }));
    case "zstd":
      return throughNode(body, createZstdCompress());
    case "gzip-not":
      return body;
    case "gzip-members":
      return inMembers(body);
    case "gzip-trailing-garbage":
      return changedEnd(encode("gzip", body), (end) => concat(end, TRAILING));
    case "gzip-truncated":
      return changedEnd(encode("gzip", body), (end) => end.slice(0, end.length - 9));
    case "gzip-bad-checksum":
      return changedEnd(encode("gzip", body), (end) => {
        end[end.length - 8] ^= 1;
        return end;
      });
  }
}

function throughNode(body: ReadableStream<Uint8Array>, coder: BrotliCompress): ReadableStream<Uint8Array> {
  const source = Readable.fromWeb(body as never);
  source.on("error", (error) => coder.destroy(error));
  coder.on("close", () => source.destroy());
  return Readable.toWeb(source.pipe(coder)) as unknown as ReadableStream<Uint8Array>;
}

/** Each piece of a body as a gzip member of its own, two at least (RFC 1952 §2.2). */
function inMembers(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let isFirst = true;
  return body.pipeThrough(
    new TransformStream({
      transform(bytes, controller) {
        const middle = isFirst ? bytes.length >> 1 : bytes.length;
        isFirst = false;
        controller.enqueue(gzipMember(bytes.subarray(0, middle)));
        if (middle < bytes.length) controller.enqueue(gzipMember(bytes.subarray(middle)));
      },
      flush(controller) {
        if (isFirst) controller.enqueue(gzipMember(new Uint8Array()));
      },
    }),
  );
}

function gzipMember(bytes: Uint8Array): Bytes {
  const crc = new Crc32();
  crc.update(bytes);
  return concat(GZIP_HEAD, deflateRawSync(bytes), gzipTail(crc.value, bytes.length));
}

/**
 * The checksum and the length modulo 2^32 of what a member unpacks to.
 *
 * @internal
 */
export function gzipTail(crc: number, length: number): Bytes {
  const tail = new DataView(new ArrayBuffer(8));
  tail.setUint32(0, crc, true);
  tail.setUint32(4, length % 2 ** 32, true);
  return new Uint8Array(tail.buffer);
}

/** Holds back the last bytes, as many as a gzip tail needs, and changes them. */
function changedEnd(body: ReadableStream<Uint8Array>, change: (end: Bytes) => Bytes): ReadableStream<Uint8Array> {
  let held: Bytes = new Uint8Array();
  return body.pipeThrough(
    new TransformStream({
      transform(bytes, controller) {
        const all = concat(held, bytes);
        const cut = Math.max(0, all.length - 16);
        if (cut > 0) controller.enqueue(all.slice(0, cut));
        held = all.slice(cut);
      },
      flush: (controller) => controller.enqueue(change(held)),
    }),
  );
}

function concat(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
