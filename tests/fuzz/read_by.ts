/** The ways to read a body, all of which must give the same bytes. */

import type { Answer } from "../../lib/core/answer.ts";
import { represent } from "../../lib/http/represent.ts";
import { chunksOf } from "../../lib/http/response_body.ts";
import { joined } from "./bytes.ts";
import type { Exchange } from "./case.ts";

/** What came of a request. */
export type Came =
  /** A body, said to be whole. `count` where only its size is known. */
  | { kind: "whole"; status: number; bytes?: Uint8Array; count?: number }
  /** The start of a body that was left then. */
  | { kind: "start"; status: number; bytes: Uint8Array }
  /** A failure. */
  | { kind: "failure"; error: unknown; status?: number }
  /** Neither, although the deadline has passed long ago. */
  | { kind: "hang" };

/** What must not happen whatever the server sends. */
export class BrokenPromise extends Error {}

/** Reads the body of a response in one of the ways that need no file, unpacked as an attempt unpacks it. */
export async function readBy(response: Answer, exchange: Exchange, signal: AbortSignal): Promise<Came> {
  const { status, ok } = response;
  const options = { raw: exchange.raw, ofName: undefined, signal, onPacked() {} };
  const answer = ok && response.headers.has("content-encoding") ? await represent(response, options) : response;
  switch (exchange.way) {
    case "text":
      return { kind: "whole", status, bytes: new TextEncoder().encode(await answer.text()) };
    case "lend": {
      const copy = (bytes: Uint8Array) => Promise.resolve(bytes.slice());
      return { kind: "whole", status, bytes: await (answer.lend ? answer.lend(copy) : answer.bytes()) };
    }
    case "views":
      return { kind: "whole", status, bytes: joined(...await viewsOf(answer, exchange, Infinity)) };
    case "cancel":
      return { kind: "start", status, bytes: joined(...await viewsOf(answer, exchange, 1)) };
    case "chunks": {
      const chunks: Uint8Array[] = [];
      for await (const chunk of chunksOf(answer, { bytes: 0, lastDataAt: 0 })) chunks.push(chunk.slice());
      return { kind: "whole", status, bytes: joined(...chunks) };
    }
    default:
      return { kind: "whole", status, bytes: await answer.bytes() };
  }
}

async function viewsOf({ body }: Answer, { view }: Exchange, most: number): Promise<Uint8Array[]> {
  const reader = body?.getReader({ mode: "byob" });
  if (reader === undefined) return [];
  const parts: Uint8Array[] = [];
  let size = view;
  while (parts.length < most) {
    // A body of many bytes in views of one takes long and shows nothing more
    if (parts.length % 256 === 255) size *= 16;
    const { done, value } = await reader.read(new Uint8Array(size));
    // A byte stream's last bytes may come with its end
    if (value) parts.push(value.slice());
    if (done) return parts;
    if (value.length === 0) throw new BrokenPromise("a read before the end brought nothing");
  }
  await reader.cancel();
  return parts;
}
