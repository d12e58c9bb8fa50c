/**
 * A website for tests: on a free port, answers page numbers, and counts what a downloader really does.
 *
 * @module
 */

/** How a {@linkcode CountingServer} answers. */
export interface Answers {
  /** Answers a path; `nth` is 1 for its first request. Default: the page's number. */
  answer?: (path: string, nth: number, request: Request) => Response | Promise<Response>;
  /** Holds every answer back until so many requests wait: the peak in flight is then a fact, not a matter of timing. */
  holdUntil?: number;
}

/** A website that counts requests, connections, and the most requests it had in flight. */
export class CountingServer implements AsyncDisposable {
  /** Requests by path. */
  readonly requests = new Map<string, number>();
  /** Client ports that requests came from, one per connection. */
  readonly connections = new Set<number>();
  /** The most requests in flight at once. */
  peak = 0;
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  #inFlight = 0;
  readonly #full = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor({ answer = (path) => new Response(path.slice(1)), holdUntil = 0 }: Answers = {}) {
    const options = { port: 0, hostname: "127.0.0.1", signal: this.#closing.signal, onListen() {} };
    this.#server = Deno.serve(options, async (request, { remoteAddr }) => {
      const path = new URL(request.url).pathname;
      const nth = (this.requests.get(path) ?? 0) + 1;
      this.requests.set(path, nth);
      this.connections.add(remoteAddr.port);
      this.peak = Math.max(this.peak, ++this.#inFlight);
      if (this.#inFlight >= holdUntil) this.#full.resolve();
      try {
        await this.#full.promise;
        return await answer(path, nth, request);
      } finally {
        this.#inFlight--;
      }
    });
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** How often each page was asked for: `[1, 1, 1]` when each of three was asked for once. */
  counts(): number[] {
    return [...this.requests.values()];
  }

  /** Cuts what is open: an answer may be one that never comes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#server.finished;
  }
}
