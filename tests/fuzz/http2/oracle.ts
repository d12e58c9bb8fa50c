/**
 * What a client has to make of the bytes of an HTTP/2 server, read by the book (RFC 9113) and in no hurry.
 *
 * A stream is `whole` if a right client may deliver its body as whole; it is `sure` as long as every right client has to come
 * to the same, so that one which refuses it is wrong. What clients may decide differently only makes it unsure.
 */

import { joined } from "../bytes.ts";
import { FLAGS, TYPE } from "./frames.ts";
import { isRight, lengthOf, Malformed, statusOf } from "./oracle_fields.ts";
import { Added, BadBlock, type Field, fieldsOf } from "./oracle_hpack.ts";

/** What has come on a stream. */
export interface Came {
  isHead: boolean;
  isLeft: boolean;
  status: number | undefined;
  fields: Field[];
  length: number | undefined;
  data: Uint8Array[];
  size: number;
  /** Bytes that count for its window. */
  counted: number;
  state: "open" | "whole" | "failed";
  /** Whether it must be so. */
  isSure: boolean;
}

/** What a connection comes to. */
export interface Verdict {
  streams: Map<number, Came>;
  /** Why the connection has to be ended, if it has. */
  broken: string | undefined;
}

/** A connection that has to end. */
class Broken extends Error {}

/** Bytes that a stream may have before its window was extended, and frames that aren't many. */
const [WINDOW, FEW_FRAMES, LARGE_HEADERS] = [65_535, 800, 60_000];

/** What was asked for on a stream. */
export interface Asked {
  isHead: boolean;
  /** Whether the client may have given it up. */
  isLeft: boolean;
}

/** Reads what came; streams are `asked` for from 1 on. A polite server has kept to the windows. */
export function verdictOf(bytes: Uint8Array, asked: readonly Asked[], isPolite: boolean): Verdict {
  const reading = new Reading(asked, isPolite);
  try {
    reading.all(bytes);
  } catch (error) {
    if (!(error instanceof Broken || error instanceof BadBlock)) throw error;
    return { streams: reading.streams, broken: error.message };
  }
  return { streams: reading.streams, broken: undefined };
}

class Reading {
  readonly streams = new Map<number, Came>();
  readonly #added = new Added();
  #isSure = true;
  #isGreeted = false;
  #block: { id: number; ends: boolean; pieces: Uint8Array[] } | undefined;

  constructor(asked: readonly Asked[], readonly isPolite: boolean) {
    for (const [n, one] of asked.entries()) {
      const came = { ...one, status: undefined, fields: [], length: undefined, data: [], size: 0, counted: 0 };
      this.streams.set(2 * n + 1, { ...came, state: "open", isSure: true });
    }
  }

  all(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let frames = 0;
    for (let at = 0; at + 9 <= bytes.length;) {
      const length = view.getUint32(at) >>> 8;
      const [type, flags, id] = [view.getUint8(at + 3), view.getUint8(at + 4), view.getUint32(at + 5) & 0x7fffffff];
      if (!this.#isGreeted && (type !== TYPE.SETTINGS || (flags & FLAGS.ACK) > 0)) throw new Broken("no greeting");
      if (length > 16_384) throw new Broken("a frame is too large");
      const payload = bytes.subarray(at + 9, at + 9 + length);
      if (payload.length < length) return;
      if (++frames > FEW_FRAMES) this.#isSure = false;
      this.#frame(type, flags, id, payload);
      at += 9 + length;
    }
  }

  #frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    if (this.#block && (type !== TYPE.CONTINUATION || id !== this.#block.id)) throw new Broken("a block is cut");
    if (type === TYPE.DATA) return this.#data(flags, this.#stream(id), unpadded(flags, payload), payload.length);
    if (type === TYPE.HEADERS) return this.#headers(flags, id, payload);
    if (type === TYPE.CONTINUATION) {
      if (!this.#block) throw new Broken("CONTINUATION of nothing");
      this.#block.pieces.push(payload);
      if (flags & FLAGS.END_HEADERS) this.#endBlock();
    } else if (type === TYPE.RST_STREAM) {
      need(payload.length === 4, "RST_STREAM has 4 bytes");
      const stream = this.#stream(id);
      if (stream.state === "open") stream.state = "failed";
    } else if (type === TYPE.SETTINGS) this.#settings(flags, id, payload);
    else if (type === TYPE.PUSH_PROMISE) throw new Broken("a push");
    else if (type === TYPE.PING) need(id === 0 && payload.length === 8, "PING has 8 bytes, on the connection");
    else if (type === TYPE.GOAWAY) this.#goAway(id, payload);
    else if (type === TYPE.WINDOW_UPDATE) this.#windowUpdate(id, payload);
    else if (type === TYPE.PRIORITY && (payload.length !== 5 || id === 0)) this.#isSure = false;
  }

  #stream(id: number): Came {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new Broken(`there is no stream ${id}`);
    return stream;
  }

  #data(flags: number, stream: Came, data: Uint8Array, counted: number): void {
    if (stream.state !== "open") { // what may still come on it is the client's to say
      this.#isSure = false;
      return;
    }
    stream.counted += counted;
    this.#isSure &&= this.isPolite || stream.counted <= WINDOW;
    this.#within(stream, () => {
      if (stream.status === undefined) throw new Malformed("DATA before HEADERS");
      stream.data.push(data);
      stream.size += data.length;
      if (stream.size > (stream.length ?? Infinity)) throw new Malformed("more than announced");
      if (flags & FLAGS.END_STREAM) this.#end(stream);
    });
  }

  #headers(flags: number, id: number, payload: Uint8Array): void {
    this.#stream(id);
    let block = unpadded(flags, payload);
    if (flags & FLAGS.PRIORITY) {
      need(block.length >= 5, "HEADERS with a priority have 5 bytes");
      block = block.subarray(5);
    }
    this.#block = { id, ends: (flags & FLAGS.END_STREAM) > 0, pieces: [block] };
    if (flags & FLAGS.END_HEADERS) this.#endBlock();
  }

  #endBlock(): void {
    const { id, ends, pieces } = this.#block ?? { id: 0, ends: false, pieces: [] };
    this.#block = undefined;
    const stream = this.#stream(id);
    const block = joined(...pieces);
    if (block.length > LARGE_HEADERS) this.#isSure = false;
    if (stream.state !== "open") this.#isSure = false;
    const fields = this.#decoded(stream, block);
    if (fields === undefined || stream.state !== "open") return;
    const size = fields.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0);
    if (size > LARGE_HEADERS) this.#isSure = false;
    this.#within(stream, () => this.#fields(stream, fields, ends));
  }

  /** A client needn't decode what comes on a stream that it has reset. */
  #decoded(stream: Came, block: Uint8Array): Field[] | undefined {
    try {
      return fieldsOf(block, this.#added);
    } catch (error) {
      if (!stream.isLeft && stream.isSure && stream.state === "open") throw error;
      this.#isSure = false;
    }
  }

  #fields(stream: Came, fields: Field[], ends: boolean): void {
    const isTrailer = stream.status !== undefined;
    const status = isTrailer ? undefined : statusOf(fields);
    for (const { name, value } of isTrailer ? fields : fields.slice(1)) {
      if (!isRight(name, value)) throw new Malformed("a field that must not be");
      // RFC 9110 §5.1 and §5.5 want more than RFC 9113 §8.2.1 does
      // deno-lint-ignore no-control-regex -- those are what must not be there
      if (/[^\w!#$%&'*+.^`|~-]/.test(name) || /[\x01-\x08\x0b-\x1f\x7f]/.test(value)) stream.isSure = false;
    }
    if (status === undefined) {
      if (!ends) throw new Malformed("trailers that don't end it");
      return this.#end(stream);
    }
    if (status === 101 || status < 200 && ends) throw new Malformed("an interim response that ends it");
    if (status < 200) return;
    stream.status = status;
    stream.fields = fields.slice(1);
    const isBare = status === 204 || status === 304;
    const length = lengthOf(stream.fields);
    if (length === "bad" && !isBare) throw new Malformed("content-length");
    if (length === "bad") stream.isSure = false;
    stream.length = isBare || stream.isHead ? 0 : length === "bad" ? undefined : length;
    if (ends) this.#end(stream);
  }

  #end(stream: Came): void {
    if (stream.status === undefined) throw new Malformed("no response");
    if (stream.size !== (stream.length ?? stream.size)) throw new Malformed("less than announced");
    stream.state = "whole";
    stream.isSure &&= this.#isSure;
  }

  #settings(flags: number, id: number, payload: Uint8Array): void {
    need(id === 0, "SETTINGS are the connection's");
    if (flags & FLAGS.ACK) return need(payload.length === 0, "an ACK has nothing");
    need(payload.length % 6 === 0, "SETTINGS have 6 bytes each");
    this.#isGreeted = true;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    for (let at = 0; at < payload.length; at += 6) {
      const [name, value] = [view.getUint16(at), view.getUint32(at + 2)];
      if (name === 2) need(value === 0, "ENABLE_PUSH"); // RFC 9113 §6.5.2: a server must not send 1
      if (name === 4) need(value < 2 ** 31, "INITIAL_WINDOW_SIZE");
      if (name === 5) need(value >= 16_384 && value < 2 ** 24, "MAX_FRAME_SIZE");
    }
  }

  #goAway(id: number, payload: Uint8Array): void {
    need(id === 0 && payload.length >= 8, "GOAWAY has 8 bytes, on the connection");
    const last = new DataView(payload.buffer, payload.byteOffset).getUint32(0) & 0x7fffffff;
    for (const [id, stream] of this.streams) if (id > last && stream.state === "open") stream.state = "failed";
  }

  #windowUpdate(id: number, payload: Uint8Array): void {
    need(payload.length === 4, "WINDOW_UPDATE has 4 bytes");
    const stream = id > 0 ? this.#stream(id) : undefined;
    const size = new DataView(payload.buffer, payload.byteOffset).getUint32(0) & 0x7fffffff;
    if (size > 2 ** 30) this.#isSure = false; // it may be more than a window can have
    if (size > 0) return;
    need(stream !== undefined, "WINDOW_UPDATE by 0");
    if (stream?.state === "open") stream.state = "failed";
    else this.#isSure = false;
  }

  #within(stream: Came, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      stream.state = "failed";
    }
  }
}

function need(isRight: boolean, rule: string): void {
  if (!isRight) throw new Broken(rule);
}

function unpadded(flags: number, payload: Uint8Array): Uint8Array {
  if (!(flags & FLAGS.PADDED)) return payload;
  need(payload.length > 0 && payload[0] < payload.length, "padding is a part of its frame");
  return payload.subarray(1, payload.length - payload[0]);
}
