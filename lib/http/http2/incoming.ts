/**
 * What each frame that comes means (RFC 9113 §6).
 *
 * @module
 */

import { DynamicTable } from "./dynamic_table.ts";
import { CODE, codeName, ConnectionError, Http2Error, StreamError } from "./error.ts";
import { FLAG, FRAME } from "./frame_buffer.ts";
import type { FrameTaker } from "./frame_reader.ts";
import type { FrameWriter } from "./frame_writer.ts";
import { HeaderBlock } from "./header_block.ts";
import type { IncomingWindow } from "./incoming_window.ts";
import { check, uint32, unpadded } from "./payload.ts";
import { readHead, readTrailers, type ResponseHead, skipBlock } from "./response_head.ts";
import type { ServerSettings } from "./settings.ts";
import type { Http2Stream } from "./stream.ts";

/** Frames in a row that bring no response any further, before it is taken for an attack (RFC 9113 §10.5). */
const MAX_IDLE_FRAMES = 1_000;

/** As many more for each stream: responses may have some, as 103 Early Hints (RFC 8297). */
const IDLE_FRAMES_A_STREAM = 4;

/** What the frames are about. */
export interface Incoming {
  /** The streams in flight, by number. */
  readonly streams: ReadonlyMap<number, Http2Stream>;
  /** What the server has told us. */
  readonly settings: ServerSettings;
  /** What may still come. */
  readonly window: IncomingWindow;
  /** The way to the server. */
  readonly writer: FrameWriter;
  /** Whether it has been closed. */
  readonly isClosed: boolean;
  /** Whether a stream of this number was ever opened. */
  wasOpened(stream: number): boolean;
  /** A stream's response is whole. */
  finish(stream: Http2Stream): void;
  /** A stream has failed, and the server knows. */
  lose(stream: Http2Stream, error: Http2Error): void;
  /** Ends a stream, and says why to the server. */
  reset(stream: number, code: number): void;
  /** The server's settings are others now. */
  onSettings(): void;
  /** The server takes no more requests. */
  leave(): void;
}

/** Takes the frames of a connection. */
export class FrameHandler implements FrameTaker {
  readonly #connection: Incoming;
  #idleFrames = 0;
  #block: HeaderBlock | undefined;
  readonly #table = new DynamicTable();

  /** Waits for frames. */
  constructor(connection: Incoming) {
    this.#connection = connection;
  }

  /** Takes a frame. */
  onFrame(type: number, flags: number, stream: number, payload: Uint8Array): boolean {
    const inHeaders = type === FRAME.CONTINUATION && stream === this.#block?.stream;
    check(inHeaders || this.#block === undefined, CODE.PROTOCOL_ERROR, "a frame in the middle of headers");
    if (++this.#idleFrames > MAX_IDLE_FRAMES + IDLE_FRAMES_A_STREAM * this.#connection.streams.size) {
      const message = `${this.#idleFrames} frames that bring no response any further`;
      throw new ConnectionError(CODE.ENHANCE_YOUR_CALM, message);
    }
    if (type === FRAME.DATA) this.#onData(flags, stream, payload);
    else if (type === FRAME.HEADERS) this.#onHeaders(flags, stream, payload);
    else this.#onOther(type, flags, stream, payload);
    if (this.#connection.writer.isFull) {
      throw new ConnectionError(CODE.ENHANCE_YOUR_CALM, "the server asks for more answers than it reads");
    }
    return !this.#connection.isClosed;
  }

  #onOther(type: number, flags: number, stream: number, payload: Uint8Array): void {
    switch (type) {
      case FRAME.CONTINUATION:
        return this.#onContinuation(flags, payload);
      case FRAME.RST_STREAM:
        return this.#onReset(stream, payload);
      case FRAME.SETTINGS:
        return this.#onSettings(flags, stream, payload);
      case FRAME.PING:
        return this.#onPing(flags, stream, payload);
      case FRAME.GOAWAY:
        return this.#onGoaway(stream, payload);
      case FRAME.WINDOW_UPDATE:
        return this.#onWindowUpdate(stream, payload);
      case FRAME.PRIORITY:
        check(payload.length === 5, CODE.FRAME_SIZE_ERROR, "PRIORITY of another size");
        return;
      case FRAME.PUSH_PROMISE:
        throw new ConnectionError(CODE.PROTOCOL_ERROR, "PUSH_PROMISE, which was refused");
        // Others are ignored (RFC 9113 §4.1)
    }
  }

  #onData(flags: number, id: number, payload: Uint8Array): void {
    const { window, writer } = this.#connection;
    const counted = payload.length;
    const more = window.count(counted);
    if (more > 0) writer.number(FRAME.WINDOW_UPDATE, 0, more);
    const stream = this.#streamOf(id);
    const data = flags & FLAG.PADDED ? unpadded(payload) : payload;
    if (stream === undefined) {
      window.countStray(counted);
      if (counted > 0) this.#idleFrames = 0;
      return;
    }
    if (data.length > 0 || flags & FLAG.END_STREAM) this.#idleFrames = 0;
    try {
      stream.onData(data, counted);
      if (flags & FLAG.END_STREAM) this.#connection.finish(stream);
    } catch (error) {
      this.#endStream(stream, error);
    }
  }

  #onHeaders(flags: number, stream: number, payload: Uint8Array): void {
    this.#streamOf(stream);
    let block = flags & FLAG.PADDED ? unpadded(payload) : payload;
    if (flags & FLAG.PRIORITY) {
      check(block.length >= 5, CODE.FRAME_SIZE_ERROR, "HEADERS that are too short");
      block = block.subarray(5);
    }
    const endsStream = (flags & FLAG.END_STREAM) !== 0;
    if (flags & FLAG.END_HEADERS) return this.#onBlock(stream, block, endsStream);
    this.#block = new HeaderBlock(stream, endsStream, block);
  }

  #onContinuation(flags: number, payload: Uint8Array): void {
    const block = this.#block;
    check(block !== undefined, CODE.PROTOCOL_ERROR, "CONTINUATION of nothing");
    block.add(payload);
    if (!(flags & FLAG.END_HEADERS)) return;
    this.#block = undefined;
    this.#onBlock(block.stream, block.whole(), block.endsStream);
  }

  #onBlock(id: number, block: Uint8Array, endsStream: boolean): void {
    const stream = this.#connection.streams.get(id);
    if (stream === undefined) return skipBlock(block, this.#table); // one that was reset
    try {
      if (stream.hasHead) {
        readTrailers(block, this.#table);
        if (!endsStream) throw new StreamError(CODE.PROTOCOL_ERROR, "a second head");
      } else {
        const head = readHead(block, this.#table);
        if (head.status < 200) return onInterim(head, endsStream);
        stream.onHead(head);
      }
      this.#idleFrames = 0;
      if (endsStream) this.#connection.finish(stream);
    } catch (error) {
      this.#endStream(stream, error);
    }
  }

  #onReset(id: number, payload: Uint8Array): void {
    check(payload.length === 4, CODE.FRAME_SIZE_ERROR, "RST_STREAM of another size");
    const stream = this.#streamOf(id);
    if (stream === undefined) return;
    this.#idleFrames = 0; // there are no more of these than requests
    const code = uint32(payload, 0);
    const needsHttp1 = code === CODE.HTTP_1_1_REQUIRED;
    const isUnprocessed = code === CODE.REFUSED_STREAM || needsHttp1;
    const message = `the server reset the stream: ${codeName(code)}`;
    this.#connection.lose(stream, new Http2Error("reset", message, { isUnprocessed, needsHttp1 }));
  }

  #onSettings(flags: number, stream: number, payload: Uint8Array): void {
    const { settings, writer } = this.#connection;
    check(stream === 0, CODE.PROTOCOL_ERROR, "SETTINGS on a stream");
    if (flags & FLAG.ACK) {
      check(payload.length === 0, CODE.FRAME_SIZE_ERROR, "SETTINGS of another size");
      check(settings.isKnown, CODE.PROTOCOL_ERROR, "the server doesn't speak HTTP/2");
      return;
    }
    settings.take(payload);
    writer.out.end(writer.out.begin(FRAME.SETTINGS, FLAG.ACK, 0));
    writer.send();
    this.#connection.onSettings();
  }

  #onPing(flags: number, stream: number, payload: Uint8Array): void {
    const { writer } = this.#connection;
    check(stream === 0, CODE.PROTOCOL_ERROR, "PING on a stream");
    check(payload.length === 8, CODE.FRAME_SIZE_ERROR, "PING of another size");
    if (flags & FLAG.ACK) return;
    const at = writer.out.begin(FRAME.PING, FLAG.ACK, 0);
    writer.out.bytes(payload);
    writer.out.end(at);
    writer.send();
  }

  /** What the server won't answer goes elsewhere; the rest still comes (RFC 9113 §6.8). */
  #onGoaway(on: number, payload: Uint8Array): void {
    check(on === 0, CODE.PROTOCOL_ERROR, "GOAWAY on a stream");
    check(payload.length >= 8, CODE.FRAME_SIZE_ERROR, "GOAWAY of another size");
    const last = uint32(payload, 0) & 0x7fff_ffff;
    const code = uint32(payload, 4);
    const needsHttp1 = code === CODE.HTTP_1_1_REQUIRED;
    const message = `the server is going away: ${codeName(code)}`;
    this.#connection.leave();
    let answersOthers = false;
    for (const [id, stream] of this.#connection.streams) { // in the order of their numbers
      if (id <= last) answersOthers = true;
      else {
        const options = { isUnprocessed: true, answersOthers, needsHttp1 };
        this.#connection.lose(stream, new Http2Error("closed", message, options));
      }
    }
  }

  /** We send no bodies, so it only matters that it is well-formed. */
  #onWindowUpdate(id: number, payload: Uint8Array): void {
    check(payload.length === 4, CODE.FRAME_SIZE_ERROR, "WINDOW_UPDATE of another size");
    const stream = id > 0 ? this.#streamOf(id) : undefined;
    if ((uint32(payload, 0) & 0x7fff_ffff) !== 0) return;
    check(id > 0, CODE.PROTOCOL_ERROR, "WINDOW_UPDATE by nothing");
    if (stream === undefined) return;
    this.#endStream(stream, new StreamError(CODE.PROTOCOL_ERROR, "WINDOW_UPDATE by nothing"));
  }

  /** The stream of a number; none if it has ended. Numbers that weren't used yet, or aren't ours, are errors. */
  #streamOf(id: number): Http2Stream | undefined {
    const stream = this.#connection.streams.get(id);
    if (stream !== undefined) return stream;
    const message = `a frame on stream ${id}, which doesn't exist`;
    check(this.#connection.wasOpened(id), CODE.PROTOCOL_ERROR, message);
  }

  /** What is wrong with one stream ends that one only. */
  #endStream(stream: Http2Stream, error: unknown): void {
    if (!(error instanceof StreamError)) throw error;
    stream.fail(error);
    this.#connection.reset(stream.id, error.code);
  }
}

function onInterim({ status }: ResponseHead, endsStream: boolean): void {
  if (status === 101) throw new StreamError(CODE.PROTOCOL_ERROR, "the server switched protocols, unasked");
  if (endsStream) throw new StreamError(CODE.PROTOCOL_ERROR, `the response ended with status ${status}`);
}
