/** Connections in memory whose server never stops sending: for the target `endless`. */

import { bytesOf } from "./bytes.ts";
import { turn } from "./turn.ts";

/** An address that nobody has (RFC 5737), so that nothing is looked up. */
const HOST = "192.0.2.2";

/** The connections that were opened while they were endless. */
export interface EndlessNetwork extends Disposable {
  readonly url: string;
  readonly connections: EndlessConn[];
}

/** A connection that sends one thing, then another again and again; to a request for `/end`, a whole answer. */
export class EndlessConn {
  readonly localAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 80 };
  /** Bytes that were read. */
  read = 0;
  isClosed = false;
  #next: Uint8Array | undefined;
  #again: Uint8Array;
  #wake = Promise.withResolvers<void>();

  private constructor(readonly start: Uint8Array, again: Uint8Array) {
    this.#again = again;
  }

  /** Makes all connections to its host endless. */
  static install(start: Uint8Array, again: Uint8Array): EndlessNetwork {
    const connections: EndlessConn[] = [];
    const { connect } = Deno;
    const scripted = (options: Deno.ConnectOptions) => {
      if (options.hostname !== HOST) return connect(options);
      const connection = new EndlessConn(start, again);
      connections.push(connection);
      return Promise.resolve(connection.#asConn());
    };
    Deno.connect = scripted as typeof Deno.connect;
    return { url: `http://${HOST}/`, connections, [Symbol.dispose]: () => Deno.connect = connect };
  }

  /** Ends it after all. */
  end(): void {
    this.#next = this.#again = new Uint8Array();
    this.#wake.resolve();
  }

  #asConn(): Deno.TcpConn {
    const { localAddr, remoteAddr } = this;
    const conn = {
      localAddr,
      remoteAddr,
      read: (view: Uint8Array) => this.#read(view),
      write: (bytes: Uint8Array) => this.#write(bytes),
      close: () => this.#close(),
      closeWrite: () => Promise.resolve(),
      ref() {},
      unref() {},
      setNoDelay() {},
      setKeepAlive() {},
      [Symbol.dispose]: () => this.isClosed || this.#close(),
    };
    return conn as unknown as Deno.TcpConn;
  }

  async #read(view: Uint8Array): Promise<number | null> {
    await turn(); // or else nothing but this would run
    while (this.#next === undefined && !this.isClosed) await this.#wake.promise;
    if (this.isClosed) throw new Deno.errors.BadResource("Bad resource ID");
    const packet = this.#next?.length ? this.#next : this.#again;
    if (packet.length === 0) return null;
    const part = packet.subarray(0, view.length);
    view.set(part);
    this.read += part.length;
    this.#next = part.length < packet.length ? packet.subarray(part.length) : this.#again;
    return part.length;
  }

  #write(bytes: Uint8Array): Promise<number> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource("Bad resource ID"));
    const isEnd = new TextDecoder().decode(bytes).startsWith("GET /end ");
    if (isEnd) this.#again = new Uint8Array();
    this.#next ??= isEnd ? bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") : this.start;
    this.#wake.resolve();
    return Promise.resolve(bytes.length);
  }

  #close(): void {
    if (this.isClosed) throw new Deno.errors.BadResource("Bad resource ID");
    this.isClosed = true;
    this.#wake.resolve();
  }
}
