/**
 * Target `bombs`: few bytes that unpack to very many. The reader may take what it wants, a piece at a time; meanwhile, memory
 * stays within a bound, and whoever stops reading is not made to wait for the rest.
 */

import { Buffer } from "node:buffer";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { AnswerReader } from "../../lib/core/answer.ts";
import { Client } from "../../lib/http/client.ts";
import { represent } from "../../lib/http/represent.ts";
import { bytesOf, joined } from "./bytes.ts";
import type { Exchange } from "./case.ts";
import type { Random } from "./random.ts";
import { ScriptedNetwork, scriptedUrl } from "./scripted_network.ts";
import type { Finding, Target } from "./target.ts";

/** Bytes that a bomb holds. */
const BOMB_BYTES = 2 ** 26;

/** Bytes that may be in memory while it is read in pieces: for what unpacks it, with room for garbage. */
const MOST_MEMORY = 2 ** 25;

/** Milliseconds that a piece may take. */
const PIECE_MS = 2_000;

/** Compresses well enough, and thirty times as fast. */
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** A bomb, and how it is read. */
interface Bomb {
  coding: "gzip" | "br" | "gzip, gzip" | "br, br";
  /** Bytes of a piece. */
  view: number;
  /** Pieces after which it is left. */
  pieces: number;
}

export class BombTarget implements Target<Bomb> {
  readonly name = "bombs";
  readonly about = `${BOMB_BYTES / 2 ** 20} MB packed into a few hundred bytes or KB, read in pieces and left`;
  readonly abreast = 1;
  readonly weight = 1;
  readonly #made = new Map<Bomb["coding"], Uint8Array>();

  generate(random: Random): Bomb {
    const coding = random.pick(["gzip", "br", "gzip, gzip", "br, br"] as const);
    return { coding, view: random.pick([1_000, 16_384, 2 ** 20]), pieces: random.pick([1, 2, 20]) };
  }

  describe({ coding, view, pieces }: Bomb): string {
    return `${coding}, ${pieces} pieces of ${view} bytes`;
  }

  async run({ coding, view, pieces }: Bomb): Promise<Finding | undefined> {
    const packed = this.#made.get(coding) ?? bomb(coding);
    this.#made.set(coding, packed);
    const head = bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: ${packed.length}\r\nContent-Encoding: ${coding}\r\n\r\n`);
    using network = new ScriptedNetwork([exchangeOf(joined(head, packed))]);
    const client = new Client({ http: 1 });
    try {
      const { signal } = new AbortController();
      const packing = await client.send(scriptedUrl(0), { headers: {}, signal, redirect: "manual" });
      const answer = await represent(packing, { raw: false, ofName: undefined, signal, onPacked() {} });
      const reader = answer.body?.getReader({ mode: "byob" });
      if (reader === undefined) return { rule: "gives no body of a bomb", detail: coding };
      return await readPieces(reader, view, pieces);
    } finally {
      client[Symbol.dispose]();
      for (const connection of network.connections) connection[Symbol.dispose]();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

async function readPieces(reader: AnswerReader, view: number, pieces: number): Promise<Finding | undefined> {
  const before = inUse();
  let most = before;
  try {
    for (let n = 0; n < pieces; n++) {
      const start = performance.now();
      const { done, value } = await reader.read(new Uint8Array(view));
      const ms = Math.round(performance.now() - start);
      most = Math.max(most, inUse());
      if (done || value.length === 0) return { rule: "ends a bomb too early", detail: `after ${n} pieces` };
      if (value.some((byte) => byte !== 0)) return { rule: "gives other bytes of a bomb", detail: `in piece ${n}` };
      if (ms > PIECE_MS) return { rule: "unpacks a bomb in one go", detail: `a piece of ${view} bytes took ${ms} ms` };
      if (most - before > MOST_MEMORY) {
        return { rule: "keeps an unpacked bomb in memory", detail: `${most - before} bytes for pieces of ${view}` };
      }
    }
  } finally {
    await reader.cancel();
  }
}

/** Bytes in buffers and on the heap. */
function inUse(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

function bomb(coding: Bomb["coding"]): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(BOMB_BYTES);
  for (const each of coding.split(", ")) {
    bytes = new Uint8Array(each === "br" ? brotliCompressSync(Buffer.from(bytes), QUICK) : gzipSync(bytes));
  }
  return bytes;
}

function exchangeOf(bytes: Uint8Array): Exchange {
  return {
    packets: [bytes],
    ending: "open",
    late: new Uint8Array(),
    pause: 0,
    way: "views",
    view: 1,
    raw: false,
    known: [],
  };
}
