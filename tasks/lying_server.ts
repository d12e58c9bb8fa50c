/**
 * A server of files that change while they are downloaded, and that lies about ranges in every way that a client can see
 * through: what it never does is to call other bytes by the same strong validator.
 *
 * @module
 */

import { content } from "../site/content.ts";
import { hash } from "../site/hash.ts";
import { part, type Reply, send } from "./scripted_reply.ts";
import type { Seeded } from "./seeded.ts";

/** Bytes of a file at least and at most: some more than are kept of a body that breaks off. */
const [LEAST, MOST] = [1_100_000, 2_600_000];

/** A file at some time. */
interface Version {
  /** Which body it is; see `content()`. */
  key: number;
  /** Its bytes. */
  size: number;
  /** What names the version, if anything does. */
  validators: Record<string, string>;
  /** The body, once it was made, as long as the version is served. */
  body?: Uint8Array;
}

/** How a {@linkcode LyingServer} answers. */
export interface Manner {
  /** How often it lies about a range, from 0 to 1. */
  lies: number;
  /** How often it cuts a body short, from 0 to 1. */
  cuts: number;
  /** Milliseconds it waits between two pieces of a body. */
  pauseMs: number;
}

/** Serves `/0.bin` to `/N-1.bin`. */
export class LyingServer implements AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** How it answers from now on. */
  manner: Manner = { lies: 0, cuts: 0, pauseMs: 0 };
  /** Called when a request has come. */
  onRequest: () => void = () => {};
  readonly #random: Seeded;
  readonly #versions: Version[][] = [];
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #done: Promise<void>;

  /**
   * Listens on a free port.
   *
   * @param random What decides everything.
   * @param files How many files there are.
   */
  constructor(random: Seeded, files: number) {
    this.#random = random;
    for (let i = 0; i < files; i++) {
      this.#versions.push([]);
      this.change(i);
    }
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#done = this.#serve();
  }

  /** The URLs of its files. */
  get urls(): string[] {
    return this.#versions.map((_, i) => `${this.url}/${i}.bin`);
  }

  /** Puts another version in the place of a file. */
  change(i: number): void {
    const random = this.#random;
    const n = this.#versions[i].length + 1;
    const last = this.#versions[i].at(-1);
    if (last) delete last.body;
    const size = last && random.chance(0.7) ? last.size : LEAST + random.int(MOST - LEAST);
    const modified = new Date(Date.UTC(2001, 0, n, 0, i)).toUTCString();
    const validators = random.pick<Record<string, string>>([
      { etag: `"${i}-${n}"` },
      { etag: `"${i}-${n}"`, "last-modified": modified },
      { "last-modified": modified },
      { etag: `W/"${i}-${n}"` },
      {},
    ]);
    this.#versions[i].push({ key: hash(`${i}:${n}`), size, validators });
  }

  /**
   * Says which file bytes are a whole version of.
   *
   * @param bytes What was saved.
   * @returns Its number; undefined if they are no version of any file.
   */
  fileOf(bytes: Uint8Array): number | undefined {
    const begin = bytes.subarray(0, 16).toHex();
    const i = this.#versions.findIndex((versions) =>
      versions.some((version) =>
        version.size === bytes.length && content(version.key, 0, 16).toHex() === begin && isSame(bytes, bodyOf(version))
      )
    );
    return i < 0 ? undefined : i;
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#open.add(connection);
      this.#answer(connection).catch(() => {}).finally(() => {
        this.#open.delete(connection);
        try {
          connection.close();
        } catch {
          // It was closed when the server ended
        }
      });
    }
  }

  /** Whoever asks may be killed meanwhile; then writing throws, and that is that. */
  async #answer(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(16_384);
    const size = await connection.read(buffer);
    if (size === null) return;
    const request = new TextDecoder().decode(buffer.subarray(0, size));
    this.onRequest();
    const i = Number(/^GET \/(\d+)\.bin /.exec(request)?.[1]);
    const from = /^range: bytes=(\d+)-\r$/im.exec(request)?.[1];
    const ifRange = /^if-range: (.+)\r$/im.exec(request)?.[1];
    const version = this.#versions[i].at(-1);
    if (version === undefined) return;
    const reply = this.#reply(version, from === undefined ? undefined : Number(from), ifRange);
    const { lies: _, cuts, pauseMs } = this.manner;
    const end = this.#random.chance(cuts) ? this.#cut(reply.body.length) : reply.body.length;
    await send(connection, reply, { end, pauseMs });
  }

  /** Where a body ends early: mostly where so much has come that it is continued. */
  #cut(length: number): number {
    return length > LEAST && this.#random.chance(0.7)
      ? LEAST + this.#random.int(length - LEAST)
      : this.#random.int(length);
  }

  #reply(version: Version, from: number | undefined, ifRange: string | undefined): Reply {
    const random = this.#random;
    const { size, validators } = version;
    const headers = { ...validators, date: new Date().toUTCString(), "accept-ranges": "bytes" };
    const whole: Reply = {
      status: "200 OK",
      headers,
      body: version.body ??= bodyOf(version),
      chunked: random.chance(0.3),
    };
    if (from === undefined) return whole;
    if (random.chance(this.manner.lies)) return this.#lie(version, from, whole);
    const { etag, "last-modified": modified } = validators;
    const isSame = ifRange !== undefined && (etag ?? modified) === ifRange && !ifRange.startsWith("W/");
    return isSame && from < size ? part(whole, from) : whole;
  }

  /** Something else than what it should be. Each is a lie, a contradiction, or a part of another version. */
  #lie({ size }: Version, from: number, whole: Reply): Reply {
    const random = this.#random;
    const at = Math.min(from, size - 1);
    const rest = part(whole, at);
    const range = (first: number, last: number, length: number | string) => ({
      ...rest,
      headers: { ...rest.headers, "content-range": `bytes ${first}-${last}/${length}` },
      body: whole.body.subarray(first, last + 1),
    });
    const bare = (more: Record<string, string> = {}) => {
      const { etag: _, "last-modified": __, ...headers } = rest.headers;
      return { ...rest, headers: { ...headers, ...more } };
    };
    const without = Math.max(at - 1, 0);
    const short = Math.max(at, size - 2 - random.int(1_000));
    // What is like the truth in all but one thing tempts most
    if (random.chance(0.4)) return rest; // though If-Range may say that it is another version
    if (random.chance(0.3)) return bare();
    return random.pick<() => Reply>([
      () => bare({ etag: 'W/"x"' }),
      () => bare({ etag: '"of nothing"' }),
      () => bare({ "last-modified": new Date(Date.UTC(2020, 0, 1)).toUTCString() }),
      () => range(without, size - 1, size),
      () => range(at, short, size),
      () => range(at, short, "*"),
      () => range(at, short, short + 1),
      () => range(at, size - 1, size + 1),
      () => ({ ...rest, headers: { ...rest.headers, "content-range": "" } }),
      () => ({ ...rest, headers: { ...rest.headers, "content-type": "multipart/byteranges; boundary=x" } }),
      () => ({ ...rest, headers: { ...rest.headers, "content-encoding": "gzip" } }),
      () => ({ ...rest, headers: { ...rest.headers, "content-length": `${rest.body.length + 1}` } }),
      () => ({ ...rest, body: whole.body }),
      () => ({ ...whole, status: "416 Range Not Satisfiable", body: new Uint8Array() }),
      () => ({ ...whole, status: "503 Service Unavailable", body: new Uint8Array() }),
      () => whole,
    ])();
  }

  /** Stops listening, and cuts what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) {
      try {
        connection.close();
      } catch {
        // It was closed already
      }
    }
    await this.#done;
  }
}

function bodyOf({ body, key, size }: Version): Uint8Array {
  return body ?? content(key, 0, size);
}

/** Word by word, because there are gigabytes to compare. Both begin where their memory begins. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  const [x, y] = [a, b].map(({ buffer, length }) => new Uint32Array(buffer, 0, length >>> 2));
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  for (let i = 4 * x.length; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
