/** A connection in memory whose server sends what a case says, with the ways of `Deno.TcpConn`. */

import { joined } from "../bytes.ts";
import { turn } from "../turn.ts";
import type { Http2Case } from "./case.ts";
import { TYPE } from "./frames.ts";

const PREFACE_BYTES = 24;
const FIRST_WINDOW = 65_535;
const MOST_WINDOW = 2 ** 31 - 1;

export class Http2Conn {
  readonly localAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
  readonly remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 80 };
  isClosed = false;
  /** Whether the server has sent all, and its ending. */
  isOver = false;
  /** What the client did that it must not do. */
  violation: string | undefined;
  readonly #sent: Uint8Array[] = [];
  readonly #case: Http2Case;
  #units: Uint8Array[];
  #pending = new Uint8Array();
  #reads = 0;
  #written = new Uint8Array();
  #skip = PREFACE_BYTES;
  #asked = 0;
  readonly #windows = new Map<number, number>([[0, FIRST_WINDOW]]);
  readonly #wasReset = new Set<number>();
  #wake = Promise.withResolvers<void>();

  constructor(one: Http2Case) {
    this.#case = one;
    this.#units = [...one.units];
  }

  /** What the client has read. */
  get sent(): Uint8Array {
    const sent = new Uint8Array(this.#sent.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.#sent) {
      sent.set(part, at);
      at += part.length;
    }
    return sent;
  }

  async read(view: Uint8Array): Promise<number | null> {
    const { cuts } = this.#case;
    if (this.#reads % 7 === 6) await turn();
    const size = Math.min(view.length, cuts[this.#reads++ % cuts.length]);
    while (!this.isClosed) {
      this.#gather(size);
      if (this.#pending.length > 0) return this.#give(view, size);
      if (this.#units.length === 0 && this.#asked === this.#case.asked.length) {
        this.isOver = true;
        if (this.#case.ending !== "open") return this.#end();
      }
      await this.#wake.promise;
    }
    throw new Deno.errors.Interrupted("operation canceled");
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource("Bad resource ID"));
    const taken = bytes.subarray(0, 100); // so that a request may take several
    this.#written = joined(this.#written, taken);
    this.#look();
    this.#stir();
    return Promise.resolve(taken.length);
  }

  close(): void {
    if (this.isClosed) throw new Deno.errors.BadResource("Bad resource ID");
    this.isClosed = true;
    this.#stir();
  }

  // What has no effect on bytes
  setNoDelay(): void {}
  ref(): void {}
  unref(): void {}

  #stir(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #give(view: Uint8Array, size: number): number {
    const part = this.#pending.subarray(0, size);
    view.set(part);
    this.#sent.push(part);
    this.#pending = this.#pending.subarray(part.length);
    return part.length;
  }

  #end(): null {
    if (this.#case.ending === "close") return null;
    if (this.#case.ending === "reset") throw new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)");
    throw new Deno.errors.UnexpectedEof("peer closed connection without sending TLS close_notify");
  }

  /** Takes up what may be sent, until there is enough for a read. Nothing is sent before everything was asked for. */
  #gather(size: number): void {
    if (this.#asked < this.#case.asked.length) return;
    const ready: Uint8Array[] = [this.#pending];
    let length = this.#pending.length;
    while (length < size && this.#units.length > 0 && this.#mayGo(this.#units[0])) {
      const [unit] = this.#units.splice(0, 1);
      if (this.#case.isPolite && unit[3] !== TYPE.GOAWAY && this.#wasReset.has(streamOf(unit))) continue;
      ready.push(unit);
      length += unit.length;
    }
    if (ready.length > 1) this.#pending = joined(...ready);
  }

  #mayGo(unit: Uint8Array): boolean {
    if (!this.#case.isPolite || unit[3] !== TYPE.DATA) return true;
    const stream = streamOf(unit);
    if (this.#wasReset.has(stream)) return true;
    const size = unit.length - 9;
    const [ofAll, ofStream] = [this.#windows.get(0) ?? 0, this.#windows.get(stream) ?? 0];
    if (size > Math.min(ofAll, ofStream)) return false;
    this.#windows.set(0, ofAll - size).set(stream, ofStream - size);
    return true;
  }

  /** Looks into what the client has sent. */
  #look(): void {
    if (this.#written.length < this.#skip) return;
    this.#written = this.#written.subarray(this.#skip);
    this.#skip = 0;
    while (this.#written.length >= 9) {
      const view = new DataView(this.#written.buffer, this.#written.byteOffset, this.#written.length);
      const length = view.getUint32(0) >>> 8;
      if (this.#written.length < 9 + length) return;
      this.#take(this.#written[3], view.getUint32(5), this.#written.slice(9, 9 + length));
      this.#written = this.#written.subarray(9 + length);
    }
  }

  #take(type: number, stream: number, payload: Uint8Array): void {
    if (type === TYPE.HEADERS) {
      if (stream !== 2 * this.#asked + 1) this.violation ??= `it opens stream ${stream} next`;
      this.#asked++;
      this.#windows.set(stream, FIRST_WINDOW);
    } else if (type === TYPE.RST_STREAM) {
      if (stream === 0 || stream > 2 * this.#asked) this.violation ??= `it resets stream ${stream}`;
      this.#wasReset.add(stream);
    } else if (type === TYPE.WINDOW_UPDATE) this.#extend(stream, new DataView(payload.buffer).getUint32(0));
  }

  #extend(stream: number, bytes: number): void {
    const window = (this.#windows.get(stream) ?? NaN) + bytes;
    if (bytes === 0 || !(window <= MOST_WINDOW)) {
      this.violation ??= `it extends the window of stream ${stream} by ${bytes} to ${window}`;
    }
    this.#windows.set(stream, window);
  }
}

function streamOf(unit: Uint8Array): number {
  return new DataView(unit.buffer, unit.byteOffset, unit.length).getUint32(5) & 0x7fffffff;
}
