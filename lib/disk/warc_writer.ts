/**
 * How bodies are written in a WARC file: a response with its head, and the request that it answers; before them the redirects
 * that led there. Each record is packed by itself, so that who knows where it begins can read it alone.
 *
 * Bodies are as they were sent, packed or not, but for chunks, which are put together again. Nothing here unpacks them.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { USER_AGENT } from "../../constants.ts";
import type { Exchange } from "../core/exchange.ts";
import { isomorphicEncode } from "../core/isomorphic.ts";
import { FilePieces } from "./file_pieces.ts";
import type { Member, ShardWriter } from "./shard_store.ts";
import { newId, RECORD_END, recordHead, WarcDigest } from "./warc_record.ts";

const INFO = [
  `software: ${USER_AGENT}`,
  "format: WARC File Format 1.1",
  "conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
];

const ENCODER = new TextEncoder();

/** Writes WARC files. */
export class WarcWriter implements ShardWriter {
  /** What the records of a file refer to. */
  #info = newId();
  #infoOf: string | undefined;

  /** A file begins with what has written it. */
  header(shard: string): Uint8Array {
    this.#info = newId();
    this.#infoOf = shard;
    const block = ENCODER.encode(`${INFO.join("\r\n")}\r\n`);
    const head = recordHead({
      type: "warcinfo",
      id: this.#info,
      ms: Date.now(),
      contentType: "application/warc-fields",
      length: block.length,
      fields: { "WARC-Filename": shard, "WARC-Block-Digest": new WarcDigest().update(block).end() },
    });
    return packed(head, [block]);
  }

  /** Puts the records of a body together. */
  pack(member: Member, body: Uint8Array): Uint8Array {
    const { led, last } = exchangesOf(member);
    const head = isomorphicEncode(last.response);
    const id = newId();
    const response = recordHead({
      ...responseOf(last, id),
      length: head.length + body.length,
      fields: {
        ...this.#fields(member, last),
        "WARC-Block-Digest": new WarcDigest().update(head).update(body).end(),
        "WARC-Payload-Digest": new WarcDigest().update(body).end(),
      },
    });
    return joined([...this.#led(member, led), packed(response, [head, body]), this.#request(member, last, id)]);
  }

  /** Reads a body from its file, once for its digests and once for its record. */
  async *packFile(member: Member, path: string): AsyncGenerator<Uint8Array, void> {
    const { led, last } = exchangesOf(member);
    yield* this.#led(member, led);
    const head = isomorphicEncode(last.response);
    const [ofBlock, ofBody] = [new WarcDigest().update(head), new WarcDigest()];
    for await (const piece of new FilePieces(path, member.size)) {
      ofBlock.update(piece);
      ofBody.update(piece);
    }
    const id = newId();
    const response = recordHead({
      ...responseOf(last, id),
      length: head.length + member.size,
      fields: {
        ...this.#fields(member, last),
        "WARC-Block-Digest": ofBlock.end(),
        "WARC-Payload-Digest": ofBody.end(),
      },
    });
    const pieces = ReadableStream.from(recordPieces(ENCODER.encode(response), head, new FilePieces(path, member.size)));
    yield* pieces.pipeThrough(new CompressionStream("gzip"));
    yield this.#request(member, last, id);
  }

  /** The redirects that led to a body. */
  #led(member: Member, exchanges: readonly Exchange[]): Uint8Array[] {
    return exchanges.flatMap((exchange) => {
      const block = isomorphicEncode(exchange.response);
      const id = newId();
      const head = recordHead({
        ...responseOf(exchange, id),
        length: block.length,
        fields: {
          ...this.#fields(member, exchange),
          "WARC-Block-Digest": new WarcDigest().update(block).end(),
          "WARC-Truncated": hasBody(exchange.response) ? "unspecified" : undefined, // its body wasn't read
        },
      });
      return [packed(head, [block]), this.#request(member, exchange, id)];
    });
  }

  #request(member: Member, exchange: Exchange, answeredBy: string): Uint8Array {
    const block = isomorphicEncode(exchange.request);
    const head = recordHead({
      type: "request",
      id: newId(),
      ms: exchange.startedAt,
      contentType: "application/http; msgtype=request",
      length: block.length,
      fields: {
        ...this.#fields(member, exchange),
        "WARC-Concurrent-To": answeredBy,
        "WARC-Block-Digest": new WarcDigest().update(block).end(),
      },
    });
    return packed(head, [block]);
  }

  #fields({ shard }: Member, { url, protocol }: Exchange): Record<string, string | undefined> {
    return {
      "WARC-Target-URI": url,
      "WARC-Protocol": protocol,
      "WARC-Warcinfo-ID": shard === this.#infoOf ? this.#info : undefined, // of one that another run has begun it isn't known
    };
  }
}

function responseOf({ startedAt }: Exchange, id: string) {
  return { type: "response", id, ms: startedAt, contentType: "application/http; msgtype=response" } as const;
}

function exchangesOf({ target: { exchanges = [], key } }: Member): { led: readonly Exchange[]; last: Exchange } {
  const last = exchanges.at(-1);
  if (last === undefined) throw new Error(`${key} is to be archived, but what was sent for it isn't known`);
  return { led: exchanges.slice(0, -1), last };
}

/** Whether there was a body that isn't kept, as far as a head says so. */
function hasBody(head: string): boolean {
  return !/^content-length:\s*0+\s*$/im.test(head);
}

function packed(head: string, blocks: readonly Uint8Array[]): Uint8Array {
  return gzipSync(joined([ENCODER.encode(head), ...blocks, ENCODER.encode(RECORD_END)]));
}

/** Copies, because pieces are used again while others wait to be packed. */
async function* recordPieces(
  head: Uint8Array,
  httpHead: Uint8Array,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  yield head.slice();
  yield httpHead.slice();
  for await (const piece of body) yield piece.slice();
  yield ENCODER.encode(RECORD_END);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((bytes, { length }) => bytes + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
