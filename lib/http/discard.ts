/**
 * Bodies that nobody wants: of redirects, of errors, of parts that weren't asked for.
 *
 * Read to its end, a body leaves its connection to the next request, and a new connection costs one round trip, or three with
 * TLS. That is worth a little reading and hardly any waiting. A server can announce 5 bytes and send without end, or send
 * none, so only what really comes counts.
 *
 * @module
 */

import type { Answer, AnswerReader } from "../core/answer.ts";

/** Bytes that are read at most: as much as a line of 5 Mbit/s brings in the time. */
const MOST_BYTES = 65_536;

/** Milliseconds that reading may take: about what a new connection takes. */
const MOST_MS = 100;

/** Bytes of the memory that it is read into. */
const BUFFER_BYTES = 16_384;

/**
 * Lets go of a body: reads it to its end if that is near, or else cancels it, which closes its connection.
 *
 * @param response The response that has it. Its body must not have been read.
 * @returns When it has ended, whichever way. Never throws: what the response says by its head stays true.
 */
export async function discard(response: Answer): Promise<void> {
  const { headers, sent = response.body } = response; // a look at `body` would begin to unpack it
  if (sent === null) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reader: AnswerReader | undefined;
  const cancel = () => (reader ?? sent).cancel().catch(() => {}); // it has broken off, and its connection has gone
  try {
    // What says that it is large can be believed; what says that it is small can't
    if (Number(headers.get("content-length")) > MOST_BYTES) return await cancel();
    reader = sent.getReader({ mode: "byob" });
    timer = setTimeout(cancel, MOST_MS);
    let buffer = new ArrayBuffer(BUFFER_BYTES);
    for (let bytes = 0; bytes <= MOST_BYTES;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return;
      bytes += value.length;
      buffer = value.buffer;
    }
    await cancel();
  } catch {
    await cancel();
  } finally {
    clearTimeout(timer);
  }
}
