/**
 * The connections to one server: what it speaks, how many requests each carries, and when further ones are made.
 *
 * Over HTTP/2 a connection carries as many requests as its server allows, and another is made only when all are full; over
 * HTTP/1.1 it carries one. What waits is served in its order. Several TLS connections abreast, 2, 4 or 8 of them, showed
 * no clear gain with 10,000 files of 10 KB from nginx.
 *
 * @module
 */

import type { HttpChoice } from "../core/settings.ts";
import type { ConnectionSlots, IdleOwner } from "./connection_slots.ts";
import type { Http1Connection } from "./http1/connection.ts";
import { Http2Error } from "./http2/error.ts";
import { SharedConnection, type SharedOwner } from "./http2/shared.ts";
import { openConnection, type OpenOptions } from "./open_connection.ts";
import type { Request } from "./request.ts";
import { maySendAgain } from "./send_again.ts";
import { Spoken } from "./spoken.ts";
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
  dial: OpenOptions["dial"];
  /** The host that requests name, with the port if it isn't the scheme's. */
  authority: string;
  /** What a request asks for over HTTP/1.1 before its path: an origin where there is a proxy (RFC 9112 §3.2.2). */
  prefix: string;
  /** Headers that are for the proxy only, a line each with its end. */
  proxyLines: string;
  /** Called with what the server speaks, in a line. */
  explain(line: string): void;
}

/** The connections to one server. */
export class Origin implements SharedOwner, IdleOwner<Http1Connection | SharedConnection> {
  readonly #options: OriginOptions;
  readonly #spoken: Spoken;
  readonly #opening: OpenOptions;
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
  /** Requests that connections will take which are being made, at the last look. */
  #expected = 0;

  /**
   * Connects to nothing yet.
   *
   * @param name The origin.
   * @param options What it may speak, and how it is reached.
   */
  constructor(readonly name: string, options: OriginOptions) {
    this.#options = options;
    this.#starts = new StartQueue({ slots: options.slots, room: () => this.#room });
    const { http, prefix, explain } = options;
    this.#spoken = new Spoken({ name, http, isProxied: prefix !== "", explain });
    const onIdleEnd = (connection: Http1Connection) => this.closeIdle(connection);
    const { authority, dial } = options;
    this.#opening = { name, authority, dial, spoken: this.#spoken, owner: this, onIdleEnd };
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

  /** Sends a request, which gets its answer; again, if it was never processed. */
  send(request: Request): void {
    if (request.isAborted) return request.fail(request.reason);
    if (this.#waiting.length === 0 && !request.isChoosy) {
      const connection = this.#pick(request);
      if (connection) return this.#start(connection, request);
    }
    const line = request.isChoosy ? this.#choosy : this.#waiting;
    line.push(request, this.#onAbort);
    if (request.isChoosy || this.#need > this.#expected) this.#serve();
  }

  /** A request has failed before there was an answer. */
  onFailed(request: Request, error: unknown): void {
    if (this.#spoken.learnFrom(error)) { for (const connection of this.#shared) connection.close(); }
    if (!maySendAgain(request, error, this.#spoken.isAsking)) return request.fail(error);
    request.over();
    queueMicrotask(() => this.send(request)); // its connection may be about to end
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
    if (!(connection instanceof SharedConnection)) this.#unpark(connection);
    connection.close();
  }

  /** A shared connection may carry more. */
  onRoom(connection: SharedConnection): void {
    if (connection.isGreeted) this.#spoken.learn(2, connection.maxStreams);
    this.#serve();
  }

  /** A shared connection carries no more. */
  onGone(connection: SharedConnection): void {
    this.#shared.delete(connection);
    if (this.#filling === connection) this.#filling = undefined;
    if (!connection.isGreeted) this.#spoken.forget();
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
    if (this.#spoken.version !== 2 || !this.#spoken.streams) return slots - this.#need;
    let room = slots * this.#spoken.streams - this.#need;
    if (room > 0) return room;
    for (const { hasRoom, maxStreams, inFlight } of this.#busy) if (hasRoom) room += maxStreams - inFlight;
    return room;
  }

  /** A connection that takes the request now. */
  #pick(request: Request): SharedConnection | Http1Connection | undefined {
    if (this.#filling && this.#takes(this.#filling, request)) return this.#filling;
    for (const connection of this.#shared) {
      if (this.#takes(connection, request)) return this.#filling = connection;
    }
    const latest = this.#idle.findLast(({ parity }) => parity === request.parity);
    if (latest === undefined || request.needsFresh || !this.#options.slots.take()) return undefined;
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

  #start(connection: SharedConnection | Http1Connection, request: Request): void {
    request.connection = connection;
    if (connection instanceof SharedConnection) {
      request.answeredBefore = connection.answered;
      return connection.send(request);
    }
    const { authority, prefix, proxyLines } = this.#options;
    connection.parity = request.parity;
    connection.exchange(request, {
      target: prefix + request.path,
      host: authority,
      proxyLines,
      onEnd: (isReusable) => this.#end(connection, isReusable),
    }).then((answer) => request.succeed(answer), (error) => this.onFailed(request, error));
  }

  #serve(): void {
    this.#expected = 0;
    if (this.#need === 0) return this.#starts.admit();
    for (const line of [this.#choosy, this.#waiting]) {
      for (let request = line.first; request; request = line.first) {
        const connection = this.#pick(request);
        if (connection === undefined) break;
        line.remove(request);
        this.#start(connection, request);
      }
    }
    this.#dialMore();
  }

  /** Makes as many connections as those that wait need; one, while it isn't known how many that are. */
  #dialMore(): void {
    const need = this.#need;
    if (need === 0) return;
    let soon = 0; // what those will take whose server hasn't said yet how many that are
    const streams = Math.max(1, this.#spoken.streams ?? Infinity);
    for (const { isGreeted, inFlight, hasRoom } of this.#shared) {
      if (inFlight === 0 && !hasRoom) return; // the server takes none at all for now
      if (!isGreeted) soon += Math.max(0, streams - inFlight);
    }
    if (this.#shared.size > 0 && performance.now() < this.#dialAgainAt && !this.#isStuck) return;
    const each = this.#spoken.version === 1 ? 1 : this.#spoken.version === 2 ? streams : Infinity;
    const wanted = each === Infinity ? 1 : Math.ceil((need - soon) / each);
    while (this.#dials.size < wanted) {
      if (this.#options.slots.take()) this.#dial();
      else return this.#waitInLine();
    }
    this.#expected = soon + this.#dials.size * each;
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
      this.#take(await openConnection(this.#opening, aborter.signal), aborter);
    } catch (error) {
      this.#dials.delete(aborter);
      if (!aborter.signal.aborted) this.#fail(error);
      this.#options.slots.release();
    }
    this.#serve();
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
    const request = line.first;
    if (request === undefined) return this.#end(connection, true);
    line.remove(request);
    this.#start(connection, request);
  }

  /** Whether the first of those that don't go over any connection would have to wait for another than there is. */
  get #isStuck(): boolean {
    const { first } = this.#choosy;
    return first !== undefined && this.#shared.values().every((connection) => !first.suits(connection));
  }

  /** What a connection that can't be made means for those that wait: over HTTP/1.1 it was made for one. */
  #fail(error: unknown): void {
    if (this.#shared.size > 0) {
      while (this.#choosy.first && this.#isStuck) this.#choosy.fail(this.#choosy.first, error);
      this.#dialAgainAt = performance.now() + DIAL_AGAIN_MS;
      return;
    }
    const line = this.#choosy.first ? this.#choosy : this.#waiting;
    if (this.#spoken.version === 1) {
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
    const idle = this.#idle;
    if (idle.at(-1) === connection) idle.pop(); // the one that is used next
    else if (idle[0] === connection) idle.shift(); // the one that is closed next: `splice` would move all others
    else {
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
    }
  }

  #leave(connection: SharedConnection): void {
    this.#options.slots.forget(connection);
    if (this.#busy.delete(connection)) this.#options.slots.release();
  }

  /** A server that is late where nothing is under way may be behind what was dialled, or was let in by none of its connections. */
  readonly #onAbort = (request: Request): void => {
    if (this.#need > 0 && !request.isLate) return;
    for (const dial of this.#dials) {
      dial.abort();
      if (this.#need > 0) break; // the one that was begun first
    }
    for (const connection of this.#shared) {
      if (request.isLate && connection.inFlight === 0 && !connection.hasRoom) connection.close();
    }
    this.#serve();
  };
}
