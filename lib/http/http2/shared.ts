/**
 * An HTTP/2 connection as a pool sees it: how many requests it carries, and whether it may carry more.
 *
 * @module
 */

import { after } from "../../core/timer.ts";
import type { Request } from "../request.ts";
import type { Abortable } from "../watched.ts";
import { Http2Answer } from "./answer.ts";
import { Http2Connection } from "./connection.ts";
import type { ResponseHead } from "./response_head.ts";
import type { Http2Stream, StreamOwner } from "./stream.ts";

/** What a {@linkcode SharedConnection} tells its pool. */
export interface SharedOwner {
  /** It may carry more requests than before. */
  onRoom(connection: SharedConnection): void;
  /** It carries no more new ones. */
  onGone(connection: SharedConnection): void;
  /** It has no request any more. */
  onIdle(connection: SharedConnection): void;
  /** A request has failed before there was an answer. */
  onFailed(request: Request, error: unknown): void;
}

/** A connection that many requests share. */
export class SharedConnection {
  /** Answers whose head has come. */
  answered = 0;
  /** Whether an answer has failed on it, so that no retry should go over it. */
  hasFailed = false;
  /** Requests in flight. */
  inFlight = 0;
  readonly #connection: Http2Connection;
  readonly #owner: SharedOwner;
  #onGreeting: ((speaksHttp2: boolean) => void) | undefined;

  /**
   * Greets the server.
   *
   * @param conn The connection.
   * @param options What it is for, and who is told.
   */
  constructor(
    conn: Deno.Conn,
    { scheme, authority, owner }: { scheme: "http" | "https"; authority: string; owner: SharedOwner },
  ) {
    this.#connection = new Http2Connection(conn, {
      scheme,
      authority,
      onRoom: () => {
        if (this.isGreeted) this.#onGreeting?.(true);
        owner.onRoom(this);
      },
      onGone: () => {
        this.#onGreeting?.(false);
        owner.onGone(this);
      },
    });
    this.#owner = owner;
  }

  /** Whether the server has greeted, too. */
  get isGreeted(): boolean {
    return this.#connection.hasSettings;
  }

  /**
   * Waits for the server's greeting.
   *
   * @param timeoutMs Milliseconds to wait, as long as the event loop has time to look.
   * @param signal Ends the waiting.
   * @returns Whether it came; if not, the connection is closed.
   */
  async greeting(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.isGreeted || this.isGone) return this.isGreeted;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#onGreeting = resolve;
    const giveUp = () => resolve(false);
    // In ten parts, each begun after the one before: a timer alone is up before what has come while the event loop was busy
    let parts = 10;
    const partMs = timeoutMs / parts;
    const wait = () => after(partMs, () => --parts === 0 ? giveUp() : cancel = wait());
    let cancel = wait();
    signal.addEventListener("abort", giveUp);
    const speaksHttp2 = await promise;
    this.#onGreeting = undefined;
    cancel();
    signal.removeEventListener("abort", giveUp);
    if (!speaksHttp2) this.close();
    return speaksHttp2;
  }

  /** Requests that the server takes at once. */
  get maxStreams(): number {
    return this.#connection.maxStreams;
  }

  /** Whether it takes no more requests. */
  get isGone(): boolean {
    return this.#connection.isGone;
  }

  /** Whether it takes another request now. */
  get hasRoom(): boolean {
    return this.#connection.room > 0;
  }

  /** Sends a request that hasn't been ended, and gives it the answer once its head is there. */
  send(request: Request): void {
    const exchange = new Exchange(this, request);
    this.inFlight++;
    request.begin(exchange);
    exchange.stream = this.#connection.get(request.path, request.headers.fields, { method: request.method, exchange });
  }

  /** For exchanges: one has failed before there was an answer. */
  onFailed(request: Request, error: unknown): void {
    this.#owner.onFailed(request, error);
  }

  /** For exchanges: one has ended. */
  onOver(hasFailed: boolean): void {
    this.hasFailed ||= hasFailed;
    if (--this.inFlight === 0) this.#owner.onIdle(this);
  }

  /** Takes no more requests, and closes when it has none. */
  close(): void {
    this.#connection.close();
  }
}

/** A request and its answer on one stream. */
class Exchange implements StreamOwner, Abortable {
  stream: Http2Stream | undefined;
  readonly #connection: SharedConnection;
  readonly #request: Request;

  constructor(connection: SharedConnection, request: Request) {
    this.#connection = connection;
    this.#request = request;
  }

  onHead(head: ResponseHead, stream: Http2Stream): void {
    const { url, method } = this.#request;
    this.#connection.answered++;
    if (method === "GET") return this.#request.succeed(new Http2Answer(url, head, stream));
    if (!stream.isOver) stream.cancel(); // some servers send a body all the same
    this.#request.succeed(new Http2Answer(url, head));
  }

  onFailed(error: unknown): void {
    this.#connection.onFailed(this.#request, error);
  }

  onOver(hasFailed: boolean): void {
    this.#request.over();
    this.#connection.onOver(hasFailed);
  }

  abort(reason: unknown): void {
    if (this.#request.isLate) this.#connection.close(); // a connection on which the server is late may be dead
    this.stream?.abort(reason);
  }
}
