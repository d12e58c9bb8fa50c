/**
 * A server of one file that can be asked for ranges, and does with each request what it is told to: over {@linkcode RawServer},
 * one request on each connection.
 *
 * @module
 */

import type { Socket } from "node:net";
import { RawServer } from "./raw_server.ts";

/** A request for the file. */
export interface Asked {
  /** Which one, from 1. */
  nth: number;
  /** Its range; undefined if the whole was asked for. */
  range: { from: number; to: number } | undefined;
  /** What it says in If-Range. */
  ifRange: string | undefined;
  /** The other requests that have come so far, and those that come later: resolves once there are so many. */
  until: (requests: number) => Promise<void>;
  /** Bytes of its body that were sent. */
  sent: number;
  /** Whether its connection has been closed. */
  closed: Promise<void>;
}

/** How a request is answered. What is left out is as it should be. */
export interface Reply {
  /** The status line, without the version. */
  status?: string;
  /** Headers in place of those that there should be; undefined for none. */
  headers?: Record<string, string | undefined>;
  /** The body. */
  body?: Uint8Array;
  /** Sends the body itself; the head is sent before. */
  send?: (socket: Socket, body: Uint8Array) => Promise<void> | void;
}

/** Serves a file. */
export class RangeServer implements AsyncDisposable {
  /** All requests so far. */
  readonly asked: Asked[] = [];
  /** The most connections that were open at once with a request. */
  peak = 0;
  readonly #file: Uint8Array;
  readonly #answer: (asked: Asked) => Reply | Promise<Reply>;
  readonly #waiting: { requests: number; resolve: () => void }[] = [];
  #server: RawServer | undefined;
  #open = 0;

  private constructor(file: Uint8Array, answer: (asked: Asked) => Reply | Promise<Reply>) {
    this.#file = file;
    this.#answer = answer;
  }

  /** Starts listening. */
  static async start(
    file: Uint8Array,
    answer: (asked: Asked) => Reply | Promise<Reply> = () => ({}),
  ): Promise<RangeServer> {
    const server = new RangeServer(file, answer);
    server.#server = await RawServer.start((socket, received) => void server.#take(socket, received));
    return server;
  }

  /** Where the file is. */
  get url(): string {
    return `${this.#server?.url}/file.bin`;
  }

  /** The ranges that were asked for, in the order of the requests. */
  get ranges(): ({ from: number; to: number } | undefined)[] {
    return this.asked.map(({ range }) => range);
  }

  async #take(socket: Socket, received: Uint8Array): Promise<void> {
    const request = new TextDecoder().decode(received);
    const [, from, to] = /^range: bytes=(\d+)-(\d*)\r$/im.exec(request) ?? [];
    const last = this.#file.length - 1;
    const range = from === undefined ? undefined : { from: Number(from), to: to === "" ? last : Number(to) };
    const closed = Promise.withResolvers<void>();
    const asked: Asked = {
      nth: this.asked.length + 1,
      range,
      ifRange: /^if-range: (.*)\r$/im.exec(request)?.[1],
      until: (requests) => this.#until(requests),
      sent: 0,
      closed: closed.promise,
    };
    this.asked.push(asked);
    for (const { requests, resolve } of this.#waiting) if (this.asked.length >= requests) resolve();
    this.peak = Math.max(this.peak, ++this.#open);
    socket.on("data", () => {}); // or its end would never be noticed
    socket.on("close", () => {
      this.#open--;
      closed.resolve();
    });
    const { status, headers = {}, body = this.#partOf(range), send = sendAll } = await this.#answer(asked);
    const all: Record<string, string | undefined> = {
      connection: "close",
      etag: '"1"',
      "accept-ranges": "bytes",
      "content-length": `${body.length}`,
      "content-range": range && `bytes ${range.from}-${range.to}/${this.#file.length}`,
      ...headers,
    };
    const lines = Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) =>
      `${name}: ${value}\r\n`
    );
    socket.write(`HTTP/1.1 ${status ?? (range ? "206 Partial Content" : "200 OK")}\r\n${lines.join("")}\r\n`);
    const write = socket.write.bind(socket);
    socket.write = ((bytes: Uint8Array) => {
      asked.sent += bytes.length;
      return write(bytes);
    }) as typeof socket.write;
    await send(socket, body);
  }

  #partOf(range: Asked["range"]): Uint8Array {
    return range ? this.#file.subarray(range.from, range.to + 1) : this.#file;
  }

  #until(requests: number): Promise<void> {
    if (this.asked.length >= requests) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ requests, resolve }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}

/** Sends a body no faster than it is read. */
export async function sendAll(socket: Socket, body: Uint8Array): Promise<void> {
  for (let at = 0; at < body.length && !socket.destroyed; at += 65_536) {
    if (socket.write(body.subarray(at, at + 65_536))) continue;
    await new Promise<void>((resolve) => {
      for (const event of ["drain", "close"]) socket.once(event, () => resolve());
    });
  }
  if (!socket.destroyed) socket.end();
}

/** Sends so many bytes, waits for something, and then sends the others. */
export function sendWith(first: number, wait: () => Promise<unknown>): Reply["send"] {
  return async (socket, body) => {
    socket.write(body.subarray(0, first));
    await wait();
    await sendAll(socket, body.subarray(first));
  };
}
