/**
 * What the site sees, as it happens: `/stats` as server-sent events (HTML Living Standard, section 9.2), for the page at
 * `/` and for any other client that accepts `text/event-stream`.
 *
 * @module
 */

/** Milliseconds between two events on the slow website's live page: as often as an eye can follow numbers. */
const LIVE_INTERVAL_MS = 500;

/** A client that listens. */
interface Listener {
  send(event: Uint8Array): void;
  end(): void;
}

/** Streams of events that go on until their reader or the site ends them. All are sent the same, so that a peak is in all. */
export class Live {
  readonly #report: (url: string, isInterval: boolean) => unknown;
  readonly #listeners = new Set<Listener>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * No timer runs before somebody listens.
   *
   * @param report What to send now, as JSON, or a promise of it; for the URL that was asked for, and whether an interval
   * ends with it.
   */
  constructor(report: (url: string, isInterval: boolean) => unknown) {
    this.#report = report;
  }

  /**
   * Answers a client that wants to listen.
   *
   * @param url The URL it asked for. Default: none.
   * @returns A response whose body sends it at once, and then every `LIVE_INTERVAL_MS`.
   */
  listen(url = ""): Response {
    let listener: Listener;
    const leave = () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        listener = {
          send(event) {
            // A reader that is slow misses some; one that reads nothing fills no memory.
            if ((controller.desiredSize ?? 0) > 0) controller.enqueue(event);
          },
          end() {
            leave();
            controller.close();
          },
        };
        this.#listeners.add(listener);
        this.#timer ??= setInterval(() => this.#tell(url), LIVE_INTERVAL_MS);
        return this.#tell(url, listener);
      },
      cancel: leave,
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  }

  /** Ends all streams, or the site could never finish its answers and stop. */
  close(): void {
    for (const listener of this.#listeners) listener.end();
  }

  /** Sends to one, or to all. */
  #tell(url: string, only?: Listener): void | Promise<void> {
    const send = (report: unknown) => {
      const event = new TextEncoder().encode(`data: ${JSON.stringify(report)}\n\n`);
      for (const listener of only ? [only] : this.#listeners) if (this.#listeners.has(listener)) listener.send(event);
    };
    const report = this.#report(url, only === undefined);
    if (!(report instanceof Promise)) return send(report);
    return report.then(send);
  }
}
