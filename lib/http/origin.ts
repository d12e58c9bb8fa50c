/**
 * The connections to one server: what it speaks, how many requests each carries, and when further ones are made.
 *
 * Over HTTP/2 a connection carries as many requests as its server allows, and another is made only when all are full; over
 * HTTP/1.1 it carries one. What waits is served in its order. Several TLS connections abreast, 2, 4 or 8 of them, made 10,000
 * files of 10 KB from nginx no faster: what takes time is one isolate's work, not a connection.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import type { HttpChoice } from "../core/settings.ts";
import type { ConnectionSlots, IdleOwner } from "./connection_slots.ts";
import type { Dialed } from "./dial.ts";
import { Http1Connection } from "./http1/connection.ts";
import { Http1Error } from "./http1/error.ts";
import { exchange } from "./http1/exchange.ts";
import { Http2Error } from "./http2/error.ts";
import { SharedConnection, type SharedOwner } from "./http2/shared.ts";
import { GREETING_TIMEOUT_MS } from "./protocol.ts";
import type { Request } from "./request.ts";
import { maySendAgain } from "./send_again.ts";
import { StartQueue } from "./start_queue.ts";
import { WaitingLine } from "./waiting.ts";

/** Milliseconds after which a further connection is tried again that couldn't be made, while others can be used. */
const DIAL_AGAIN_MS = 1_000;

/** What origins need to know. */
export interface OriginOptions {
  /** The HTTP version. */
  http: HttpChoice;
  /** Counts the connections. */
  slots: ConnectionSlots;
  /** Makes a connection that speaks one of the versions, the best first. */
  dial(signal: AbortSignal, versions: readonly (1 | 2)[]): Promise<Dialed>;
  /** The host that requests name, with the port if it isn't the scheme's. */
  authority: string;
  /** What a request asks for over HTTP/1.1 before its path: an origin where there is a proxy (RFC 9112 §3.2.2). */
  prefix: string;
  /** Headers that are for the proxy only, a line each with its end. */
  proxyLines: string;
  /** Told what the server speaks, in a line. */
  explain(line: string): void;
}

/** The connections to one server. */
export class Origin implements SharedOwner, IdleOwner<Http1Connection | SharedConnection> {
  readonly #options: OriginOptions;
  readonly #isSecure: boolean;
  /** Whether the server is greeted over HTTP/2 to find out what it speaks. */
  readonly #isAsking: boolean;
  /** Those that requests share; the one that was filled last is looked at first. */
  readonly #shared = new Set<SharedConnection>();
  #filling: SharedConnection | undefined;
  /** Those of them that have a slot. */
  readonly #busy = new Set<SharedConnection>();
  /** HTTP/1.1 connections without a request, those that have waited longest first. */
  readonly #idle: Http1Connection[] = [];
  readonly #waiting = new WaitingLine();
  /** Requests that don't go over any connection. */
  readonly #choosy = new WaitingLine();
  readonly #starts: StartQueue;
  readonly #dials = new Set<AbortController>();
  #isInLine = false;
  #dialAgainAt = 0;
  #speaks: 1 | 2 | undefined;
  /** Requests on a shared connection, as far as is known. */
  #streams: number | undefined;
  #isExplained = false;

  /**
   * Connects to nothing yet.
   *
   * @param name The origin.
   * @param options What it may speak, and how it is reached.
   */
  constructor(readonly name: string, options: OriginOptions) {
    this.#options = options;
    this.#starts = new StartQueue({ slots: options.slots, room: () => this.#room });
    this.#isSecure = name.startsWith("https:");
    this.#isAsking = !this.#isSecure && options.http === "auto" && options.prefix === "";
    if (options.prefix !== "") this.#speaks = 1;
    else if (options.http === 1 || options.http === 2) this.#speaks = options.http;
    else if (!this.#isSecure && !this.#isAsking) this.#speaks = 1;
  }

  /** Whether it has no connection, and nothing waits for one. */
  get isUnused(): boolean {
    const { size } = this.#shared;
    return size + this.#busy.size + this.#idle.length + this.#dials.size + this.#need + this.#starts.length === 0;
  }

  /** Waits until a request needn't wait for a slot; undefined if it needn't now. */
  ready(): Promise<void> | undefined {
    return this.#starts.enter();
  }

  /** Sends a request; again, if it was never processed. */
  async send(request: Request): Promise<Answer> {
    while (true) {
      try {
        return await this.#sendOnce(request);
      } catch (error) {
        this.#learnFrom(error);
        if (!maySendAgain(request, error, this.#isAsking)) throw error;
      }
    }
  }

  /** Makes no more connections, and closes those that have no request. Those that wait have none to wait for. */
  close(): void {
    for (const dial of this.#dials) dial.abort();
    for (const connection of this.#shared) connection.close();
    this.#starts.close();
    const error = new Http2Error("closed", "the client has been closed");
    this.#waiting.failAll(error);
    this.#choosy.failAll(error);
  }

  /** Closes a connection that has no request. */
  closeIdle(connection: Http1Connection | SharedConnection): void {
    if (connection instanceof Http1Connection) this.#unpark(connection);
    connection.close();
  }

  /** A shared connection may carry more. */
  onRoom(connection: SharedConnection): void {
    if (connection.isGreeted) this.#learn(2, connection.maxStreams);
    this.#serve();
  }

  /** A shared connection carries no more. */
  onGone(connection: SharedConnection): void {
    this.#shared.delete(connection);
    if (this.#filling === connection) this.#filling = undefined;
    if (!connection.isGreeted && this.#isAsking) this.#speaks = undefined;
    if (connection.inFlight === 0) this.#leave(connection);
    queueMicrotask(() => this.#serve());
  }

  /** A shared connection has no request. */
  onIdle(connection: SharedConnection): void {
    if (connection.isGone) return this.#leave(connection);
    this.#serve();
    if (connection.inFlight === 0 && this.#busy.delete(connection)) this.#options.slots.park(connection, this);
  }

  get #need(): number {
    return this.#waiting.length + this.#choosy.length;
  }

  /** How many more requests could be sent, as far as slots are concerned; a connection each, while that isn't known to be shared. */
  get #room(): number {
    const slots = this.#options.slots.free + this.#dials.size;
    if (this.#speaks !== 2 || !this.#streams) return slots - this.#need;
    let room = slots * this.#streams - this.#need;
    if (room > 0) return room;
    for (const { hasRoom, maxStreams, inFlight } of this.#busy) if (hasRoom) room += maxStreams - inFlight;
    return room;
  }

  #sendOnce(request: Request): Promise<Answer> {
    if (this.#waiting.length === 0 && !request.isChoosy && !request.isAborted) {
      const connection = this.#pick(request);
      if (connection) return this.#start(connection, request);
    }
    const line = request.isChoosy ? this.#choosy : this.#waiting;
    const answer = line.push(request, () => this.#onAbort(request));
    this.#serve();
    return answer;
  }

  /** A connection that takes the request now. */
  #pick(request: Request): SharedConnection | Http1Connection | undefined {
    if (this.#filling && this.#takes(this.#filling, request)) return this.#filling;
    for (const connection of this.#shared) {
      if (this.#takes(connection, request)) return this.#filling = connection;
    }
    const latest = this.#idle.at(-1);
    if (latest === undefined || request.needsFresh || request.isRetry || !this.#options.slots.take()) return undefined;
    this.#unpark(latest);
    return latest;
  }

  #takes(connection: SharedConnection, request: Request): boolean {
    if (!connection.hasRoom || !request.suits(connection)) return false;
    if (this.#busy.has(connection)) return true;
    if (!this.#options.slots.take()) return false;
    this.#options.slots.forget(connection);
    this.#busy.add(connection);
    return true;
  }

  #start(connection: SharedConnection | Http1Connection, request: Request): Promise<Answer> {
    request.connection = connection;
    if (connection instanceof SharedConnection) {
      request.answeredBefore = connection.answered;
      return connection.send(request);
    }
    const { authority, prefix, proxyLines } = this.#options;
    return exchange(connection, request, {
      target: prefix + request.path,
      host: authority,
      proxyLines,
      onEnd: (isReusable) => this.#end(connection, isReusable),
    });
  }

  #serve(): void {
    if (this.#need === 0) return this.#starts.admit();
    for (const line of [this.#choosy, this.#waiting]) {
      for (let waiter = line.first; waiter; waiter = line.first) {
        const connection = this.#pick(waiter.request);
        if (connection === undefined) break;
        line.remove(waiter);
        waiter.resolve(this.#start(connection, waiter.request));
      }
    }
    this.#dialMore();
  }

  /** Makes as many connections as those that wait need; one, while it isn't known how many that are. */
  #dialMore(): void {
    const need = this.#need;
    if (need === 0) return;
    for (const connection of this.#shared) {
      if (connection.inFlight === 0 && !connection.hasRoom) return; // the server takes none at all for now
      if (!connection.isGreeted && this.#streams === undefined) return; // it is about to say how many it takes
    }
    if (this.#shared.size > 0 && performance.now() < this.#dialAgainAt) return;
    let wanted = 1;
    if (this.#speaks === 1) wanted = need;
    else if (this.#speaks === 2 && this.#streams) {
      const streams = this.#streams;
      let soon = 0; // what those will take whose server hasn't said yet how many that are
      for (const { isGreeted, inFlight } of this.#shared) if (!isGreeted) soon += Math.max(0, streams - inFlight);
      wanted = Math.ceil((need - soon) / streams);
    }
    for (wanted -= this.#dials.size; wanted > 0; wanted--) {
      if (this.#options.slots.take()) this.#dial();
      else return this.#waitInLine();
    }
  }

  #waitInLine(): void {
    if (this.#isInLine) return;
    this.#isInLine = true;
    this.#options.slots.wait(() => {
      this.#isInLine = false;
      this.#serve();
    });
  }

  async #dial(): Promise<void> {
    const aborter = new AbortController();
    this.#dials.add(aborter);
    try {
      this.#take(await this.#make(aborter.signal), aborter);
    } catch (error) {
      this.#dials.delete(aborter);
      if (!aborter.signal.aborted) this.#fail(error);
      this.#options.slots.release();
    }
    this.#serve();
  }

  /** A connection that speaks what the server does. */
  async #make(signal: AbortSignal): Promise<SharedConnection | Http1Connection> {
    const { dial, http, authority } = this.#options;
    const versions = http === 2 ? [2] as const : this.#speaks === 1 ? [1] as const : [2, 1] as const;
    const { conn, protocol } = await dial(signal, versions);
    const speaks = this.#isSecure ? protocol === "h2" ? 2 : 1 : this.#speaks;
    if (speaks === 1) {
      if (http === 2) {
        conn.close();
        throw new Http2Error("protocol", `${this.name} doesn't agree to HTTP/2 (ALPN); ask for another version`);
      }
      this.#learn(1);
      return new Http1Connection(conn, (connection) => this.closeIdle(connection));
    }
    const scheme = this.#isSecure ? "https" : "http";
    const shared = new SharedConnection(conn, { scheme, authority, owner: this });
    if (speaks === 2 || await shared.greeting(GREETING_TIMEOUT_MS, signal)) return shared;
    signal.throwIfAborted();
    this.#learn(1);
    return await this.#make(signal);
  }

  #take(connection: SharedConnection | Http1Connection, dial: AbortController): void {
    this.#dials.delete(dial);
    if (connection instanceof SharedConnection) {
      if (connection.isGone) return this.#options.slots.release();
      this.#shared.add(connection);
      this.#busy.add(connection);
      this.#serve();
      if (connection.inFlight === 0) this.onIdle(connection);
      return;
    }
    const line = this.#choosy.first ? this.#choosy : this.#waiting;
    const waiter = line.first;
    if (waiter === undefined) return this.#end(connection, true);
    line.remove(waiter);
    waiter.resolve(this.#start(connection, waiter.request));
  }

  /** What a connection that can't be made means for those that wait: over HTTP/1.1 it was made for one. */
  #fail(error: unknown): void {
    if (this.#shared.size > 0) {
      this.#dialAgainAt = performance.now() + DIAL_AGAIN_MS;
      return;
    }
    const line = this.#choosy.first ? this.#choosy : this.#waiting;
    if (this.#speaks === 1) {
      if (line.first) line.fail(line.first, error);
      return;
    }
    this.#choosy.failAll(error);
    this.#waiting.failAll(error);
  }

  /** Ends what a request had to do with an HTTP/1.1 connection, and keeps it for others. */
  #end(connection: Http1Connection, isReusable: boolean): void {
    const { slots } = this.#options;
    if (isReusable) {
      connection.idle();
      this.#idle.push(connection);
      slots.park(connection, this);
    } else {
      connection.close();
      slots.release();
    }
    this.#serve();
  }

  #unpark(connection: Http1Connection): void {
    this.#options.slots.forget(connection);
    const at = this.#idle.lastIndexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #leave(connection: SharedConnection): void {
    this.#options.slots.forget(connection);
    if (this.#busy.delete(connection)) this.#options.slots.release();
  }

  /** A server that is late where nothing is under way may be behind what was dialled, or was let in by none of its connections. */
  #onAbort(request: Request): void {
    if (this.#need > 0 && !request.isLate) return;
    for (const dial of this.#dials) {
      dial.abort();
      if (this.#need > 0) break; // the one that was begun first
    }
    for (const connection of this.#shared) {
      if (request.isLate && connection.inFlight === 0 && !connection.hasRoom) connection.close();
    }
    this.#serve();
  }

  #learnFrom(error: unknown): void {
    if (error instanceof Http2Error && error.needsHttp1 && this.#options.http !== 2) {
      this.#speaks = 1; // RFC 9113 §7
      for (const connection of this.#shared) connection.close();
    }
    // What it spoke when it was asked may not be what it speaks
    if (error instanceof Http1Error && error.kind === "protocol" && this.#isAsking) this.#speaks = undefined;
  }

  #learn(speaks: 1 | 2, streams?: number): void {
    this.#speaks = speaks;
    this.#streams = streams;
    if (this.#isExplained) return;
    this.#isExplained = true;
    const many = speaks === 1 ? "one request at a time" : `up to ${streams} requests at once`;
    this.#options.explain(`${this.name} speaks HTTP/${speaks === 1 ? "1.1" : 2}: ${many} on a connection`);
  }
}
