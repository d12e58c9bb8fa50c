/**
 * A connection that HTTP/2 is spoken on (RFC 9113): requests out, responses in, many at a time.
 *
 * Frames of all requests of one turn go out in one write; frames that come are read in place, from one piece of memory.
 * Nothing that a server sends makes it keep more than is bounded here, and whatever is wrong with a connection ends that
 * connection only.
 *
 * @module
 */

import { CODE, ConnectionError, connectionFailed, Http2Error } from "./error.ts";
import { FLAG, FRAME } from "./frame_buffer.ts";
import { readFrames } from "./frame_reader.ts";
import { FrameWriter } from "./frame_writer.ts";
import { HpackError } from "./hpack_error.ts";
import { FrameHandler, type Incoming } from "./incoming.ts";
import { IncomingWindow } from "./incoming_window.ts";
import { type HeaderFields, RequestEncoder } from "./request_encoder.ts";
import { ServerSettings, writeSettings } from "./settings.ts";
import { Http2Stream, type StreamHost, type StreamOwner } from "./stream.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

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
  /** Takes the response, without a promise for its head. Default: nobody. */
  exchange?: StreamOwner;
}

/** A connection to one server. */
export class Http2Connection implements StreamHost {
  readonly #conn: Deno.Conn;
  readonly #options: Http2ConnectionOptions;
  readonly #encoder: RequestEncoder;
  readonly #writer: FrameWriter;
  readonly #window = new IncomingWindow();
  readonly #settings = new ServerSettings();
  readonly #streams = new Map<number, Http2Stream>();
  #nextId = 1;
  #isGone = false;
  #isClosed = false;

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
    const onRoom = () => this.#tellRoom();
    this.#writer = new FrameWriter(conn, { onError: (error) => this.close(connectionFailed(error)), onRoom });
    this.#writer.out.text(PREFACE);
    writeSettings(this.#writer.out);
    this.allow(0, this.#window.first);
    this.#readAll();
  }

  /** Whether the server has greeted, as only one that speaks HTTP/2 does. */
  get hasSettings(): boolean {
    return this.#settings.isKnown;
  }

  /** Requests that the server takes at once. */
  get maxStreams(): number {
    return this.#settings.maxStreams;
  }

  /** How many more requests can be sent now. */
  get room(): number {
    if (this.#isGone || this.#writer.isFull) return 0;
    return Math.max(0, this.#settings.maxStreams - this.#streams.size);
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
    const stream = new Http2Stream(this.#nextId, this, options);
    this.#nextId += 2;
    if (this.#nextId > LAST_STREAM) this.#leave();
    this.#streams.set(stream.id, stream);
    const { out } = this.#writer;
    const at = out.begin(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, stream.id);
    this.#encoder.encode(out, path, fields, options?.method);
    out.end(at);
    const { maxFrameBytes } = this.#settings;
    if (out.length - at > maxFrameBytes) out.split(at, maxFrameBytes);
    this.#writer.send();
    return stream;
  }

  /** Closes the connection, once what is in flight has ended; at once with an error, which whatever is in flight gets. */
  close(error?: unknown): void {
    this.#leave();
    if (error === undefined && this.#streams.size > 0) return;
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writer.stop();
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
    this.#writer.number(FRAME.WINDOW_UPDATE, stream, bytes);
  }

  /** For streams: ends one that isn't over. */
  reset(stream: number, code: number): void {
    const ended = this.#streams.get(stream);
    if (ended === undefined) return;
    this.#window.expectStray(ended.window);
    this.#writer.number(FRAME.RST_STREAM, stream, code);
    this.#remove(ended);
  }

  /** For streams: bytes by which windows may grow. */
  grow(bytes: number): number {
    return this.#window.grow(bytes);
  }

  async #readAll(): Promise<void> {
    try {
      await readFrames(this.#conn, new FrameHandler(this.#incoming()));
      this.#endedByServer();
    } catch (error) {
      this.#endWith(error);
    }
  }

  /** What frames that come change. */
  #incoming(): Incoming {
    const isClosed = () => this.#isClosed;
    return {
      streams: this.#streams,
      settings: this.#settings,
      window: this.#window,
      writer: this.#writer,
      get isClosed() {
        return isClosed();
      },
      wasOpened: (id) => (id & 1) === 1 && id < this.#nextId,
      finish: (stream) => {
        this.#streams.delete(stream.id);
        stream.onEnd();
        this.#afterStream();
      },
      lose: (stream, error) => {
        stream.fail(error);
        this.#remove(stream);
      },
      reset: (id, code) => this.reset(id, code),
      onSettings: () => {
        if (this.#settings.tableBytes !== undefined) this.#encoder.tableBytes = this.#settings.tableBytes;
        this.#tellRoom();
      },
      leave: () => {
        this.#leave();
        if (this.#streams.size === 0) this.close();
      },
    };
  }

  /** Tells the server why, if it is its mistake, and closes. */
  #endWith(error: unknown): void {
    if (this.#isClosed) return;
    if (error instanceof HpackError) {
      this.#writer.goAway(CODE.COMPRESSION_ERROR);
      return this.close(new Http2Error("protocol", `malformed HTTP/2 headers: ${error.message}`, { cause: error }));
    }
    if (error instanceof ConnectionError) this.#writer.goAway(error.code);
    this.close(connectionFailed(error));
  }

  #endedByServer(): void {
    if (this.#isClosed) return;
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

  #remove(stream: Http2Stream): void {
    if (this.#streams.delete(stream.id)) this.#afterStream();
  }

  #afterStream(): void {
    if (!this.#isGone) this.#options.onRoom?.();
    else if (this.#streams.size === 0) this.close();
  }

  #tellRoom(): void {
    if (!this.#isGone) this.#options.onRoom?.();
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#options.onGone?.();
  }
}
