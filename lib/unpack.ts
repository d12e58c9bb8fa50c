/**
 * Bodies that come packed (RFC 9110 §8.4), unpacked.
 *
 * @module
 */

import type { AnswerHeaders, AnswerReader } from "./answer.ts";
import { Http1Error } from "./http1_error.ts";

/** The codings that can be undone, and what `DecompressionStream` calls them. */
const FORMATS = new Map<string, CompressionFormat>([["gzip", "gzip"], ["x-gzip", "gzip"], ["br", "brotli"]]);

/** Bytes that are unpacked in one step. */
const STEP_BYTES = 16_384;

/**
 * How a body is packed.
 *
 * @param headers The headers that came with it.
 * @returns The formats to undo, in the order to undo them; none if it isn't packed, or in a way that can't be undone.
 */
export function formatsOf(headers: AnswerHeaders): CompressionFormat[] {
  const formats: CompressionFormat[] = [];
  for (const coding of headers.get("content-encoding")?.split(",") ?? []) {
    const format = FORMATS.get(coding.trim().toLowerCase());
    if (format === undefined) return [];
    formats.unshift(format);
  }
  return formats;
}

/**
 * Unpacks a body.
 *
 * @param packed The body as it is sent.
 * @param formats How it is packed, as {@linkcode formatsOf} says.
 * @returns What has the unpacked body, a byte stream. Reading it throws an {@linkcode Http1Error} of kind `truncated` when
 * what is packed isn't whole, and what reading the packed body throws.
 */
export function unpack(packed: AnswerReader, formats: readonly CompressionFormat[]): Response {
  let stream: ReadableStream<Uint8Array<ArrayBuffer>> = ReadableStream.from(stepsOf(packed));
  for (const format of formats) stream = stream.pipeThrough(new DecompressionStream(format));
  const reader = stream.getReader();
  const bytes = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { done, value } = await reader.read().catch((cause) => {
        if (!(cause instanceof TypeError)) throw cause; // that one came from below
        throw new Http1Error("truncated", `what was packed isn't whole: ${cause.message}`, { cause });
      });
      if (!done) return controller.enqueue(value);
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(bytes);
}

async function* stepsOf(packed: AnswerReader): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  try {
    while (true) {
      const { done, value } = await packed.read(new Uint8Array(STEP_BYTES));
      if (done || value === undefined) return;
      yield value;
    }
  } finally {
    await packed.cancel();
  }
}
