/**
 * A small HTTP/2 server that misbehaves frame by frame, which no library would: for clients that speak HTTP/2 without TLS
 * by prior knowledge. It answers `GET /{n}`, and `?numbytes=` and `?seed=` of it.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { acceptAll } from "../accept.ts";
import { FLAG, type Frame, frame, framesOf, MAX_FRAME, settings, TYPE, uint32 } from "./frames.ts";
import { HeaderReader } from "./header_reader.ts";
import { pageOf } from "./page.ts";

/** What is sent beside answers: many frames that a client has to answer. */
export const FLOODS = ["none", "ping", "settings"] as const;

/** How it misbehaves. */
export interface Http2Options {
  /** Milliseconds until an answer. Default: 0. */
  delay?: number;
  /** Says GOAWAY with this stream of each connection, and answers none after it. Default: never. */
  goawayAfter?: number;
  /** Breaks each such stream off in the middle of its body. Default: none. */
  resetEvery?: number;
  /** Streams at once; one above is refused. Default: 100. */
  maxStreams?: number;
  /** After so many streams, the limit becomes 1, and after as many more what it was. Default: it stays. */
  maxStreamsEvery?: number;
  /** The window that each request body gets, in bytes. Default: 65,535. */
  window?: number;
  /** Bytes that a DATA frame carries at most. Default: 16,384. */
  frameSize?: number;
  /** A thousand of them with each request. Default: `none`. */
  flood?: typeof FLOODS[number];
}

/** Frames of a flood, for each request. */
const FLOOD = 1_000;
/** Bytes of a request's headers at most. */
const MAX_BLOCK = 65_536;
/** Frames that wait for a client to read; one that reads nothing is left. */
const MAX_QUEUED = 200_000;
const [NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FRAME_SIZE_ERROR, REFUSED_STREAM, COMPRESSION_ERROR] = [
  0,
  1,
  2,
  6,
  7,
  9,
];

/** Serves on one port. */
export function serveHttp2(
  where: { hostname: string; port: number; onTrouble?: (error: unknown) => void },
  options: Http2Options = {},
): { url: string; shutdown(): Promise<void> } & AsyncDisposable {
  const listener = Deno.listen(where);
  const connections = new Set<Connection>();
  let isClosed = false;
  const take = (socket: Deno.Conn) => {
    const connection = new Connection(socket, options);
    connections.add(connection);
    connection.serve().finally(() => connections.delete(connection));
  };
  const accepting = acceptAll(listener, { take, isClosed: () => isClosed, onTrouble: where.onTrouble });
  const shutdown = async () => {
    isClosed = true;
    listener.close();
    for (const connection of connections) connection.close();
    await accepting;
  };
  const { hostname, port } = listener.addr as Deno.NetAddr;
  return { url: `http://${hostname}:${port}/`, shutdown, [Symbol.asyncDispose]: shutdown };
}

/** One connection. */
class Connection {
  readonly #socket: Deno.Conn;
  readonly #options: Http2Options;
  readonly #headers = new HeaderReader();
  /** What the client's windows have room for: each stream's, and under 0 the connection's (RFC 9113 §5.2). */
  readonly #windows = new Map([[0, 65_535]]);
  #initialWindow = 65_535;
  #wake = Promise.withResolvers<void>();
  #writing = Promise.resolve();
  #block: { stream: number; bytes: number[] } | undefined;
  #streams = 0;
  readonly #limit: number;
  #queued = 0;
  #isGoing = false;
  #isClosed = false;

  constructor(socket: Deno.Conn, options: Http2Options) {
    this.#socket = socket;
    this.#options = options;
    this.#limit = options.maxStreams ?? 100;
  }

  /** Reads and answers until the connection ends. */
  async serve(): Promise<void> {
    const { window = 65_535 } = this.#options;
    this.#write(settings({ HEADER_TABLE_SIZE: 0, MAX_CONCURRENT_STREAMS: this.#limit, INITIAL_WINDOW_SIZE: window }));
    for await (const frame of framesOf(this.#socket)) if (!this.#isClosed) this.#take(frame);
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wakeUp();
    this.#socket.close();
  }

  #take({ type, flags, stream, payload }: Frame): void {
    switch (type) {
      case TYPE.SETTINGS:
        if (flags & FLAG.ACK) return;
        if (payload.length % 6 !== 0) return this.#goAway(stream, FRAME_SIZE_ERROR);
        this.#applySettings(payload);
        return this.#write(frame(TYPE.SETTINGS, FLAG.ACK, 0));
      case TYPE.PING:
        if (!(flags & FLAG.ACK)) this.#write(frame(TYPE.PING, FLAG.ACK, 0, payload));
        return;
      case TYPE.WINDOW_UPDATE:
        if (payload.length !== 4) return this.#goAway(stream, FRAME_SIZE_ERROR);
        return this.#widen(stream, new DataView(payload.buffer).getUint32(0));
      case TYPE.RST_STREAM:
        this.#windows.delete(stream);
        return this.#wakeUp();
      case TYPE.DATA: // A body is read, and room made for as much.
        if (payload.length === 0) return;
        for (const each of [0, stream]) this.#write(frame(TYPE.WINDOW_UPDATE, 0, each, uint32(payload.length)));
        return;
      case TYPE.HEADERS: {
        const padding = flags & FLAG.PADDED ? payload[0] ?? 0 : 0;
        const start = (flags & FLAG.PADDED ? 1 : 0) + (flags & FLAG.PRIORITY ? 5 : 0);
        if (start + padding > payload.length) return this.#goAway(stream, PROTOCOL_ERROR);
        this.#block = { stream, bytes: [] };
        return this.#gather(flags, payload.subarray(start, payload.length - padding));
      }
      case TYPE.CONTINUATION:
        return this.#gather(flags, payload);
    }
  }

  #applySettings(payload: Uint8Array<ArrayBuffer>): void {
    const view = new DataView(payload.buffer);
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (view.getUint16(at) !== 4) continue;
      const difference = view.getUint32(at + 2) - this.#initialWindow;
      this.#initialWindow += difference;
      for (const [id, room] of this.#windows) if (id !== 0) this.#windows.set(id, room + difference);
    }
    this.#wakeUp();
  }

  #widen(stream: number, by: number): void {
    const room = this.#windows.get(stream);
    if (room !== undefined) this.#windows.set(stream, room + by);
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #gather(flags: number, part: Uint8Array): void {
    if (!this.#block) return;
    const { stream, bytes } = this.#block;
    bytes.push(...part);
    if (bytes.length > MAX_BLOCK) return this.#goAway(stream, COMPRESSION_ERROR);
    if (!(flags & FLAG.END_HEADERS)) return;
    this.#block = undefined;
    try {
      const fields = this.#headers.read(Uint8Array.from(bytes));
      this.#begin(stream, fields.get(":path") ?? "/");
    } catch {
      this.#goAway(stream, COMPRESSION_ERROR); // what comes next can't be read any more (RFC 9113 §4.3)
    }
  }

  #goAway(last: number, code: number): void {
    this.#isGoing = true;
    this.#write(frame(TYPE.GOAWAY, 0, 0, [...uint32(last), ...uint32(code)]));
    if (code !== NO_ERROR) this.#writing.then(() => this.close());
  }

  #begin(stream: number, path: string): void {
    if (this.#isGoing) return; // what is above the last stream of GOAWAY is as if never sent (RFC 9113 §6.8)
    if (this.#windows.size - 1 >= this.#limit) {
      return this.#write(frame(TYPE.RST_STREAM, 0, stream, uint32(REFUSED_STREAM)));
    }
    const { goawayAfter, maxStreams = 100, maxStreamsEvery, resetEvery, flood = "none" } = this.#options;
    const count = ++this.#streams;
    this.#windows.set(stream, this.#initialWindow);
    if (count === goawayAfter) this.#goAway(stream, NO_ERROR);
    if (maxStreamsEvery && count % maxStreamsEvery === 0) {
      const isLow = count / maxStreamsEvery % 2 === 1;
      // The old limit is what counts: none that the client sent before it knew the new one is refused.
      this.#write(settings({ MAX_CONCURRENT_STREAMS: isLow ? 1 : maxStreams }));
    }
    const one = flood === "ping" ? frame(TYPE.PING, 0, 0, new Uint8Array(8)) : settings({ HEADER_TABLE_SIZE: 0 });
    if (flood !== "none") { for (let i = 0; i < FLOOD; i++) this.#write(one); }
    const isReset = resetEvery !== undefined && count % resetEvery === 0;
    this.#answer(stream, path, isReset).finally(() => {
      this.#windows.delete(stream);
      if (this.#isGoing && this.#windows.size === 1) this.#writing.then(() => this.close());
    });
  }

  async #answer(stream: number, path: string, isReset: boolean): Promise<void> {
    await delay(this.#options.delay ?? 0);
    const { status, length, part } = pageOf(path);
    const block = [...literal(8, String(status)), ...literal(28, String(length))]; // :status and content-length
    this.#write(frame(TYPE.HEADERS, FLAG.END_HEADERS | (length === 0 ? FLAG.END_STREAM : 0), stream, block));
    const end = isReset ? length >> 1 : length;
    for (let sent = 0; sent < end;) {
      const room = Math.min(this.#windows.get(0) ?? 0, this.#windows.get(stream) ?? 0);
      if (this.#isClosed || !this.#windows.has(stream)) return;
      const size = Math.min(room, end - sent, this.#options.frameSize ?? MAX_FRAME);
      if (size <= 0) {
        await this.#wake.promise;
        continue;
      }
      for (const id of [0, stream]) this.#windows.set(id, (this.#windows.get(id) ?? 0) - size);
      this.#write(frame(TYPE.DATA, sent + size === length ? FLAG.END_STREAM : 0, stream, part(sent, size)));
      sent += size;
      await this.#writing;
    }
    if (isReset) this.#write(frame(TYPE.RST_STREAM, 0, stream, uint32(INTERNAL_ERROR)));
  }

  /** Writes in order, one after another. */
  #write(bytes: Uint8Array<ArrayBuffer>): void {
    if (++this.#queued > MAX_QUEUED) return this.close();
    this.#writing = this.#writing.then(async () => {
      this.#queued--;
      for (let sent = 0; sent < bytes.length && !this.#isClosed;) {
        sent += await this.#socket.write(bytes.subarray(sent));
      }
    }).catch(() => this.close());
  }
}

/** A header without indexing, under a name of the static table (RFC 7541 §6.2.2). */
function literal(index: number, value: string): number[] {
  const name = index < 15 ? [index] : [0x0f, index - 15];
  return [...name, value.length, ...new TextEncoder().encode(value)];
}
