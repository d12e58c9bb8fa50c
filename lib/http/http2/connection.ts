/**
 * A connection that HTTP/2 is spoken on (RFC 9113): requests out, responses in, many at a time.
 *
 * Frames of all requests of one turn go out in one write; frames that come are read in place, from one piece of memory.
 * Nothing that a server sends makes it keep more than is bounded here, and whatever is wrong with a connection ends that
 * connection only.
 *
 * @module
 */

import { CODE, codeName, ConnectionError, connectionFailed, Http2Error, StreamError } from "./error.ts";
import { FLAG, FRAME, FRAME_HEADER_BYTES, FrameBuffer } from "./frame_buffer.ts";
import { HpackError } from "./hpack_error.ts";
import { type HeaderFields, RequestEncoder } from "./request_encoder.ts";
import { MAX_HEADER_BYTES, readHead, readTrailers, type ResponseHead } from "./response_head.ts";
import { Http2Stream, INITIAL_WINDOW, type StreamHost } from "./stream.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Settings that matter here (RFC 9113 §6.5.2). */
const SETTING = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

/** Bytes of payload that a frame may have before its receiver says otherwise, and we never do. */
const MAX_FRAME_BYTES = 16_384;

/** Bytes that are read at once: four of the largest frames. */
const BUFFER_BYTES = 4 * (MAX_FRAME_BYTES + FRAME_HEADER_BYTES);

/** Streams at once until the server says how many it takes (RFC 9113 §6.5.2 recommends no fewer). */
const ASSUMED_STREAMS = 100;

/** The window of the connection, as large as it can be: streams have windows of their own. */
const CONNECTION_WINDOW = 2 ** 31 - 1;
const WINDOW_BEFORE_SETTINGS = 65_535;

/** Bytes by which the windows of all streams may grow together: what readers that stop may leave in memory. */
const MAX_GROWTH = 2 ** 26;

/** Frames in a row that bring no response any further, before it is taken for an attack (RFC 9113 §10.5). */
const MAX_IDLE_FRAMES = 1_000;

const IDLE_FRAMES_A_STREAM = 4;

/** Bytes that may wait to be sent while the server doesn't read: beyond that no request is added, and no answer to a PING. */
const MAX_UNSENT_BYTES = 2 ** 20;

/** The number after which a connection takes no more requests; the last one there can be is 2^31 - 1. */
const LAST_STREAM = 2 ** 31 - 1;

/** What a connection is made with. */
export interface Http2ConnectionOptions {
  /** The scheme of all URLs. */
  scheme: "http" | "https";
  /** Their host, with the port if it isn't the scheme's. */
  authority: string;
  /** Called once it takes no more requests: its server said so, or it has ended. */
  onGone?: () => void;
  /** Called when it takes more requests at once than before, or one has ended. */
  onRoom?: () => void;
}

/** What a request is besides a GET. */
export interface Http2RequestOptions {
  /** Its method. Default: GET. */
  method?: "GET" | "HEAD";
}

/** Where a block of headers is gathered that spans several frames (RFC 9113 §6.10). */
interface Block {
  stream: number;
  pieces: Uint8Array<ArrayBuffer>[];
  bytes: number;
  endsStream: boolean;
}

/** A connection to one server. */
export class Http2Connection implements StreamHost {
  readonly #conn: Deno.Conn;
  readonly #options: Http2ConnectionOptions;
  readonly #encoder: RequestEncoder;
  readonly #streams = new Map<number, Http2Stream>();
  #out = new FrameBuffer();
  #isFlushing = false;
  #isWriting = false;
  #nextId = 1;
  #maxStreams = ASSUMED_STREAMS;
  #maxFrameBytes = MAX_FRAME_BYTES;
  #hasSettings = false;
  #isGone = false;
  #isClosed = false;
  #window = CONNECTION_WINDOW;
  #growth = MAX_GROWTH;
  #stray = 0;
  #idleFrames = 0;
  #block: Block | undefined;

  /**
   * Greets the server, and begins to read.
   *
   * @param conn The connection, over TLS with `h2` agreed on (RFC 9113 §3.2), or without it by prior knowledge (§3.3).
   * @param options What it is for.
   */
  constructor(conn: Deno.Conn, options: Http2ConnectionOptions) {
    this.#conn = conn;
    this.#options = options;
    this.#encoder = new RequestEncoder(options.scheme, options.authority);
    this.#greet();
    this.#readAll();
  }

  /** How many more requests can be sent now. */
  get room(): number {
    if (this.#isWriting && this.#out.length > MAX_UNSENT_BYTES) return 0;
    return this.#isGone ? 0 : Math.max(0, this.#maxStreams - this.#streams.size);
  }

  /** Requests in flight. */
  get inFlight(): number {
    return this.#streams.size;
  }

  /** Whether it takes no more requests, ever. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /**
   * Sends a GET. Whoever calls has looked at {@linkcode room}.
   *
   * @param path The path with its query.
   * @param fields The headers, in lower case, without pseudo-headers; the same array each time costs the least.
   * @param options Another method. Default: GET.
   * @returns The stream that the response comes on.
   */
  get(path: string, fields: HeaderFields, options?: Http2RequestOptions): Http2Stream {
    const stream = new Http2Stream(this.#nextId, this, options?.method === "HEAD");
    this.#nextId += 2;
    if (this.#nextId > LAST_STREAM) this.#leave();
    this.#streams.set(stream.id, stream);
    const at = this.#out.begin(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, stream.id);
    this.#encoder.encode(this.#out, path, fields, options?.method);
    this.#out.end(at);
    if (this.#out.length - at > this.#maxFrameBytes) this.#out.split(at, this.#maxFrameBytes);
    this.#send();
    return stream;
  }

  /** Closes the connection, once what is in flight has ended; at once with an error, which whatever is in flight gets. */
  close(error?: unknown): void {
    this.#leave();
    if (error === undefined && this.#streams.size > 0) return;
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#conn.close();
    } catch (cause) {
      if (!(cause instanceof Deno.errors.BadResource)) throw cause; // it has been closed before
    }
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) stream.fail(error);
  }

  /** For streams: allows more bytes to come on one. */
  allow(stream: number, bytes: number): void {
    this.#writeUint32(FRAME.WINDOW_UPDATE, stream, bytes);
  }

  /** For streams: ends one that isn't over. */
  reset(stream: number, code: number): void {
    const ended = this.#streams.get(stream);
    if (ended === undefined) return;
    this.#stray += ended.window;
    this.#streams.delete(stream);
    this.#writeUint32(FRAME.RST_STREAM, stream, code);
    this.#ended();
  }

  /** For streams: bytes by which windows may grow. */
  grow(bytes: number): number {
    const granted = Math.min(bytes, this.#growth);
    this.#growth -= granted;
    return granted;
  }

  #greet(): void {
    this.#out.text(PREFACE);
    const at = this.#out.begin(FRAME.SETTINGS, 0, 0);
    for (
      const [setting, value] of [
        [SETTING.HEADER_TABLE_SIZE, 0],
        [SETTING.ENABLE_PUSH, 0],
        [SETTING.INITIAL_WINDOW_SIZE, INITIAL_WINDOW],
        [SETTING.MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES],
      ]
    ) {
      this.#out.byte(0);
      this.#out.byte(setting);
      this.#out.uint32(value);
    }
    this.#out.end(at);
    this.allow(0, CONNECTION_WINDOW - WINDOW_BEFORE_SETTINGS);
  }

  #writeUint32(type: number, stream: number, value: number): void {
    const at = this.#out.begin(type, 0, stream);
    this.#out.uint32(value);
    this.#out.end(at);
    this.#send();
  }

  /** Sends what is gathered by the end of this turn, in one write. */
  #send(): void {
    if (this.#isFlushing || this.#isClosed) return;
    this.#isFlushing = true;
    queueMicrotask(this.#flush);
  }

  readonly #flush = async (): Promise<void> => {
    try {
      while (this.#out.length > 0 && !this.#isClosed) {
        const isMuch = this.#out.length > MAX_UNSENT_BYTES;
        const bytes = this.#out.take();
        this.#isWriting = true;
        if (isMuch && !this.#isGone) this.#options.onRoom?.();
        for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
      }
    } catch (error) {
      this.close(connectionFailed(error));
    } finally {
      this.#isFlushing = this.#isWriting = false;
    }
  };

  async #readAll(): Promise<void> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    let have = 0;
    try {
      while (true) {
        const came = await this.#conn.read(have === 0 ? buffer : buffer.subarray(have));
        if (came === null) break;
        have += came;
        const taken = this.#readFrames(buffer, have);
        if (taken > 0 && taken < have) buffer.copyWithin(0, taken, have);
        have -= taken;
        if (this.#out.length > MAX_UNSENT_BYTES) {
          throw new ConnectionError(CODE.ENHANCE_YOUR_CALM, "the server asks for more answers than it reads");
        }
      }
      this.#endedByServer();
    } catch (error) {
      this.#endWith(error);
    }
  }

  /** Tells the server why, if it is its mistake, and closes. */
  #endWith(error: unknown): void {
    if (this.#isClosed) return;
    if (error instanceof ConnectionError || error instanceof HpackError) {
      const code = error instanceof ConnectionError ? error.code : CODE.COMPRESSION_ERROR;
      const at = this.#out.begin(FRAME.GOAWAY, 0, 0);
      this.#out.uint32(0);
      this.#out.uint32(code);
      this.#out.end(at);
      const cause = error instanceof HpackError
        ? new Http2Error("protocol", `malformed HTTP/2 headers: ${error.message}`, { cause: error })
        : error;
      // Not waited for: a server that doesn't read would hold it up
      if (!this.#isFlushing) this.#conn.write(this.#out.take()).catch(() => {});
      return this.close(cause);
    }
    this.close(connectionFailed(error));
  }

  #endedByServer(): void {
    this.#leave();
    for (const stream of this.#streams.values()) {
      stream.fail(
        stream.hasHead
          ? new Http2Error("truncated", "connection closed in the middle of the body")
          : new Http2Error("closed", "connection closed before the response"),
      );
    }
    this.#streams.clear();
    this.close();
  }

  /** Reads whole frames; returns how many bytes they were. */
  #readFrames(buffer: Uint8Array, have: number): number {
    let at = 0;
    while (have - at >= FRAME_HEADER_BYTES) {
      const length = buffer[at] << 16 | buffer[at + 1] << 8 | buffer[at + 2];
      const type = buffer[at + 3];
      if (!this.#hasSettings && type !== FRAME.SETTINGS) throw notHttp2(buffer.subarray(at, have));
      if (length > MAX_FRAME_BYTES) {
        throw new ConnectionError(CODE.FRAME_SIZE_ERROR, `a frame of ${length} bytes`);
      }
      const payload = at + FRAME_HEADER_BYTES;
      const end = payload + length;
      if (end > have) break;
      const stream = (buffer[at + 5] & 127) << 24 | buffer[at + 6] << 16 | buffer[at + 7] << 8 | buffer[at + 8];
      this.#onFrame(type, { flags: buffer[at + 4], stream, payload: buffer.subarray(payload, end) });
      if (this.#isClosed) return have;
      at = end;
    }
    return at;
  }

  #onFrame(type: number, frame: Frame): void {
    if (this.#block && (type !== FRAME.CONTINUATION || frame.stream !== this.#block.stream)) {
      throw new ConnectionError(CODE.PROTOCOL_ERROR, "a frame in the middle of headers");
    }
    // Each response may have some, as 103 Early Hints (RFC 8297)
    if (++this.#idleFrames > MAX_IDLE_FRAMES + IDLE_FRAMES_A_STREAM * this.#streams.size) {
      throw new ConnectionError(
        CODE.ENHANCE_YOUR_CALM,
        `${this.#idleFrames} frames that bring no response any further`,
      );
    }
    switch (type) {
      case FRAME.DATA:
        return this.#onData(frame);
      case FRAME.HEADERS:
        return this.#onHeaders(frame);
      case FRAME.CONTINUATION:
        return this.#onContinuation(frame);
      case FRAME.RST_STREAM:
        return this.#onReset(frame);
      case FRAME.SETTINGS:
        return this.#onSettings(frame);
      case FRAME.PING:
        return this.#onPing(frame);
      case FRAME.GOAWAY:
        return this.#onGoaway(frame);
      case FRAME.WINDOW_UPDATE:
        return this.#onWindowUpdate(frame);
      case FRAME.PRIORITY:
        return check(frame.payload.length === 5, CODE.FRAME_SIZE_ERROR, "PRIORITY of another size");
      case FRAME.PUSH_PROMISE:
        throw new ConnectionError(CODE.PROTOCOL_ERROR, "PUSH_PROMISE, which was refused");
        // Others are ignored (RFC 9113 §4.1)
    }
  }

  #onData(frame: Frame): void {
    const { flags, stream: id, payload } = frame;
    const counted = payload.length;
    this.#countDown(counted);
    const stream = this.#streamOf(id);
    const data = flags & FLAG.PADDED ? unpadded(payload) : payload;
    if (stream === undefined) return this.#onStray(counted);
    if (data.length > 0 || flags & FLAG.END_STREAM) this.#idleFrames = 0;
    this.#onStream(stream, () => {
      stream.onData(data, counted);
      if (flags & FLAG.END_STREAM) this.#end(stream);
    });
  }

  /** Of streams that were reset, what was under way then still comes (RFC 9113 §5.1): at most what their windows had left. */
  #onStray(bytes: number): void {
    check(bytes <= this.#stray, CODE.STREAM_CLOSED, "DATA on a stream that has ended");
    this.#stray -= bytes;
    if (bytes > 0) this.#idleFrames = 0;
  }

  /** Counts what the connection's window has left, and opens it again long before it is used up. */
  #countDown(bytes: number): void {
    check(bytes <= this.#window, CODE.FLOW_CONTROL_ERROR, "more came than was allowed to");
    this.#window -= bytes;
    if (this.#window > CONNECTION_WINDOW / 2) return;
    this.allow(0, CONNECTION_WINDOW - this.#window);
    this.#window = CONNECTION_WINDOW;
  }

  #onHeaders({ flags, stream, payload }: Frame): void {
    this.#streamOf(stream);
    let block = flags & FLAG.PADDED ? unpadded(payload) : payload;
    if (flags & FLAG.PRIORITY) {
      check(block.length >= 5, CODE.FRAME_SIZE_ERROR, "HEADERS that are too short");
      block = block.subarray(5);
    }
    const endsStream = (flags & FLAG.END_STREAM) !== 0;
    if (flags & FLAG.END_HEADERS) return this.#onBlock(stream, block, endsStream);
    this.#block = { stream, pieces: [block.slice()], bytes: block.length, endsStream };
  }

  #onContinuation({ flags, payload }: Frame): void {
    const block = this.#block;
    if (block === undefined) throw new ConnectionError(CODE.PROTOCOL_ERROR, "CONTINUATION of nothing");
    block.pieces.push(payload.slice());
    block.bytes += payload.length;
    // The flood of CVE-2024-27316: what can't be kept can't be decoded, and so ends the connection
    check(block.bytes <= MAX_HEADER_BYTES, CODE.ENHANCE_YOUR_CALM, `headers of more than ${MAX_HEADER_BYTES} bytes`);
    if (!(flags & FLAG.END_HEADERS)) return;
    this.#block = undefined;
    const whole = new Uint8Array(block.bytes);
    let at = 0;
    for (const piece of block.pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#onBlock(block.stream, whole, block.endsStream);
  }

  #onBlock(id: number, block: Uint8Array, endsStream: boolean): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return; // one that was reset; no block changes what later ones mean
    this.#onStream(stream, () => {
      if (stream.hasHead) {
        if (!endsStream) throw new StreamError(CODE.PROTOCOL_ERROR, "a second head");
        readTrailers(block);
      } else {
        const head = readHead(block);
        if (head.status < 200) return this.#onInterim(head, endsStream);
        this.#idleFrames = 0;
        stream.onHead(head);
      }
      if (endsStream) this.#end(stream);
    });
  }

  #onInterim({ status }: ResponseHead, endsStream: boolean): void {
    if (status === 101) throw new StreamError(CODE.PROTOCOL_ERROR, "the server switched protocols, unasked");
    if (endsStream) throw new StreamError(CODE.PROTOCOL_ERROR, `the response ended with status ${status}`);
  }

  #onReset({ stream: id, payload }: Frame): void {
    check(payload.length === 4, CODE.FRAME_SIZE_ERROR, "RST_STREAM of another size");
    const stream = this.#streamOf(id);
    if (stream === undefined) return;
    const code = uint32(payload, 0);
    this.#streams.delete(id);
    this.#idleFrames = 0; // there are no more of these than requests
    const needsHttp1 = code === CODE.HTTP_1_1_REQUIRED;
    const isUnprocessed = code === CODE.REFUSED_STREAM || needsHttp1;
    // After a whole response, NO_ERROR only says that no more of the request is needed (RFC 9113 §8.1)
    stream.fail(
      new Http2Error("reset", `the server reset the stream: ${codeName(code)}`, { isUnprocessed, needsHttp1 }),
    );
    this.#ended();
  }

  #onSettings({ flags, stream, payload }: Frame): void {
    check(stream === 0, CODE.PROTOCOL_ERROR, "SETTINGS on a stream");
    if (flags & FLAG.ACK) {
      check(payload.length === 0, CODE.FRAME_SIZE_ERROR, "SETTINGS of another size");
      check(this.#hasSettings, CODE.PROTOCOL_ERROR, "the server doesn't speak HTTP/2");
      return;
    }
    check(payload.length % 6 === 0, CODE.FRAME_SIZE_ERROR, "SETTINGS of another size");
    this.#hasSettings = true;
    for (let at = 0; at < payload.length; at += 6) {
      this.#set(payload[at] << 8 | payload[at + 1], uint32(payload, at + 2));
    }
    this.#out.end(this.#out.begin(FRAME.SETTINGS, FLAG.ACK, 0));
    this.#send();
    this.#options.onRoom?.();
  }

  #set(setting: number, value: number): void {
    if (setting === SETTING.MAX_CONCURRENT_STREAMS) this.#maxStreams = value;
    else if (setting === SETTING.HEADER_TABLE_SIZE) this.#encoder.tableBytes = value;
    else if (setting === SETTING.MAX_FRAME_SIZE) {
      check(value >= MAX_FRAME_BYTES && value < 2 ** 24, CODE.PROTOCOL_ERROR, `MAX_FRAME_SIZE ${value}`);
      this.#maxFrameBytes = value;
    } else if (setting === SETTING.INITIAL_WINDOW_SIZE) {
      check(value < 2 ** 31, CODE.FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE ${value}`);
    } else if (setting === SETTING.ENABLE_PUSH) check(value === 0, CODE.PROTOCOL_ERROR, `ENABLE_PUSH ${value}`);
  }

  #onPing({ flags, stream, payload }: Frame): void {
    check(stream === 0, CODE.PROTOCOL_ERROR, "PING on a stream");
    check(payload.length === 8, CODE.FRAME_SIZE_ERROR, "PING of another size");
    if (flags & FLAG.ACK) return;
    const at = this.#out.begin(FRAME.PING, FLAG.ACK, 0);
    this.#out.bytes(payload);
    this.#out.end(at);
    this.#send();
  }

  /** What the server won't answer goes elsewhere; the rest still comes (RFC 9113 §6.8). */
  #onGoaway({ stream: on, payload }: Frame): void {
    check(on === 0, CODE.PROTOCOL_ERROR, "GOAWAY on a stream");
    check(payload.length >= 8, CODE.FRAME_SIZE_ERROR, "GOAWAY of another size");
    const last = uint32(payload, 0) & 0x7fff_ffff;
    const code = uint32(payload, 4);
    const needsHttp1 = code === CODE.HTTP_1_1_REQUIRED;
    this.#leave();
    for (const [id, stream] of this.#streams) {
      if (id <= last) continue;
      this.#streams.delete(id);
      const message = `the server is going away: ${codeName(code)}`;
      stream.fail(new Http2Error("closed", message, { isUnprocessed: true, needsHttp1 }));
    }
    if (this.#streams.size === 0) this.close();
  }

  /** We send no bodies, so it only matters that it is well-formed. */
  #onWindowUpdate({ stream, payload }: Frame): void {
    check(payload.length === 4, CODE.FRAME_SIZE_ERROR, "WINDOW_UPDATE of another size");
    if (stream > 0) this.#streamOf(stream);
    if ((uint32(payload, 0) & 0x7fff_ffff) === 0) {
      check(stream > 0, CODE.PROTOCOL_ERROR, "WINDOW_UPDATE by nothing");
      const wrong = this.#streams.get(stream);
      if (wrong) this.#onStream(wrong, () => fail("WINDOW_UPDATE by nothing"));
    }
  }

  /** The stream of a number; none if it has ended. Numbers that weren't used yet, or aren't ours, are errors. */
  #streamOf(id: number): Http2Stream | undefined {
    check((id & 1) === 1 && id < this.#nextId, CODE.PROTOCOL_ERROR, `a frame on stream ${id}, which doesn't exist`);
    return this.#streams.get(id);
  }

  /** What is wrong with one stream ends that one only. */
  #onStream(stream: Http2Stream, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      stream.fail(error);
      this.reset(stream.id, error.code);
    }
  }

  #end(stream: Http2Stream): void {
    this.#streams.delete(stream.id);
    stream.onEnd();
    this.#ended();
  }

  #ended(): void {
    if (!this.#isGone) this.#options.onRoom?.();
    else if (this.#streams.size === 0) this.close();
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#options.onGone?.();
  }
}

/** A frame, its payload valid only while it is handled. */
interface Frame {
  flags: number;
  stream: number;
  payload: Uint8Array;
}

function check(isRight: boolean, code: number, message: string): void {
  if (!isRight) throw new ConnectionError(code, `an HTTP/2 connection that breaks its rules: ${message}`);
}

function fail(message: string): never {
  throw new StreamError(CODE.PROTOCOL_ERROR, message);
}

/** What came in place of the server's SETTINGS (RFC 9113 §3.4). */
function notHttp2(bytes: Uint8Array): ConnectionError {
  const needsHttp1 = String.fromCharCode(...bytes.subarray(0, 5)) === "HTTP/";
  const message = needsHttp1 ? "the server answered in HTTP/1.1" : "the server doesn't speak HTTP/2";
  return new ConnectionError(CODE.PROTOCOL_ERROR, message, { needsHttp1 });
}

/** The payload without padding (RFC 9113 §6.1). */
function unpadded(payload: Uint8Array): Uint8Array {
  const padding = payload[0] ?? 0;
  check(padding < payload.length, CODE.PROTOCOL_ERROR, "more padding than there is payload");
  return payload.subarray(1, payload.length - padding);
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]) >>> 0;
}
