/**
 * Connections in memory, whose server side is a script: no sockets, no timers, thousands of cases per second.
 *
 * The seam is `Deno.connect`: while a `ScriptedNetwork` is installed, connections to its host are scripted ones, and all others
 * are what they were. So nothing in `lib/` knows of it.
 */

import { textOf } from "./bytes.ts";
import type { Exchange } from "./case.ts";

/** The host whose connections are scripted: an address that nobody has (RFC 5737), so that nothing is looked up. */
export const SCRIPTED_HOST = "192.0.2.1";

/** Where a request goes: `n` is the number of its exchange. */
export function scriptedUrl(n: number): string {
  return `http://${SCRIPTED_HOST}/${n}`;
}

/** The server side of a case. */
export class ScriptedNetwork implements Disposable {
  readonly connections: ScriptedConn[] = [];
  /** What the client did that it must not do, if it did. */
  violation: string | undefined;
  /** How often each exchange was asked for. */
  readonly asked: number[] = [];
  readonly #connect = Deno.connect;

  /** Scripted from now on, until it is disposed of. */
  constructor(readonly exchanges: readonly Exchange[]) {
    const connect = (options: Deno.ConnectOptions) => {
      if (options.hostname !== SCRIPTED_HOST) return this.#connect(options);
      const connection = new ScriptedConn(this);
      this.connections.push(connection);
      return Promise.resolve(connection as unknown as Deno.TcpConn);
    };
    Deno.connect = connect as typeof Deno.connect;
  }

  /** Whether nothing will happen by itself: somebody waits for bytes, and none are left. */
  get isStalled(): boolean {
    return this.connections.some(({ isStalled }) => isStalled);
  }

  [Symbol.dispose](): void {
    Deno.connect = this.#connect;
  }
}

interface Read {
  view: Uint8Array;
  resolve: (count: number | null) => void;
  reject: (error: Error) => void;
}

/** Bytes that one write takes at most, so that a request may take several. */
const WRITE_BYTES = 64;

/** A connection to the script, with the ways of `Deno.TcpConn`. */
class ScriptedConn {
  readonly localAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 80 };
  isClosed = false;
  /** The exchange that it served last. */
  last = -1;
  /** Why it must not carry another request, if it must not. */
  forbidden: string | undefined;
  /** Bytes that weren't read yet. */
  readonly #packets: Uint8Array[] = [];
  #ending: Exchange["ending"] = "open";
  readonly #reads: Read[] = [];
  #request = "";

  constructor(readonly network: ScriptedNetwork) {}

  get isStalled(): boolean {
    return this.#reads.length > 0;
  }

  read(view: Uint8Array): Promise<number | null> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource("Bad resource ID"));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.#reads.push({ view, resolve, reject });
    this.#serveReads();
    return promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource("Bad resource ID"));
    if (this.#ending === "reset") return Promise.reject(new Deno.errors.BrokenPipe("Broken pipe (os error 32)"));
    const taken = bytes.subarray(0, WRITE_BYTES);
    this.#request += textOf(taken);
    const [, n] = /^GET \/(\d+) HTTP\/1\.1\r\n[^]*\r\n\r\n$/.exec(this.#request) ?? [];
    if (n !== undefined) {
      this.#request = "";
      this.#answer(Number(n));
    }
    return Promise.resolve(taken.length);
  }

  /** Sends bytes that belong to no request. */
  sendUnasked(bytes: Uint8Array): void {
    this.#packets.push(bytes);
    this.#serveReads();
  }

  close(): void {
    if (this.isClosed) throw new Deno.errors.BadResource("Bad resource ID");
    this.isClosed = true;
    for (const { reject } of this.#reads.splice(0)) reject(new Deno.errors.Interrupted("operation canceled"));
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  // What has no effect on bytes
  ref(): void {}
  unref(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}

  [Symbol.dispose](): void {
    if (!this.isClosed) this.close();
  }

  #answer(n: number): void {
    const { network } = this;
    network.asked[n] = (network.asked[n] ?? 0) + 1;
    if (this.#ending !== "open") return; // the server has gone, and doesn't read what comes
    const unread = this.#packets.map(textOf).join("");
    const why = this.forbidden ?? (/[^\r\n]/.test(unread) ? `${unread.length} bytes were unread on it` : undefined);
    if (why) network.violation ??= `request ${n} went over the connection of request ${this.last}: ${why}`;
    const { packets, ending } = network.exchanges[n];
    this.last = n;
    this.#packets.push(...packets);
    this.#ending = ending;
    this.#serveReads();
  }

  #serveReads(): void {
    while (this.#reads.length > 0) {
      const [{ view, resolve, reject }] = this.#reads;
      const [packet] = this.#packets;
      if (packet) {
        const part = packet.subarray(0, view.length);
        view.set(part);
        if (part.length === packet.length) this.#packets.shift();
        else this.#packets[0] = packet.subarray(part.length);
        resolve(part.length);
      } else if (this.#ending === "close") resolve(null);
      else if (this.#ending === "reset") {
        reject(new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)"));
      } else return;
      this.#reads.shift();
    }
  }
}
