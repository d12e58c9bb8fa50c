/**
 * What the site sees, as it happens: `/stats` as server-sent events (HTML Living Standard, section 9.2), for the page at
 * `/` and for any other client that accepts `text/event-stream`.
 *
 * @module
 */

/** Milliseconds between two events on the slow website's live page: as often as an eye can follow numbers. */
const LIVE_INTERVAL_MS = 500;

/** Streams of events that go on until their reader or the site ends them. */
export class Live {
  readonly #report: () => unknown;
  readonly #streams = new Set<{ end: () => void }>();

  /**
   * No timer runs before somebody listens.
   *
   * @param report What to send now, as JSON.
   */
  constructor(report: () => unknown) {
    this.#report = report;
  }

  /**
   * Answers a client that wants to listen.
   *
   * @returns A response whose body sends it at once, and then every `LIVE_INTERVAL_MS`.
   */
  listen(): Response {
    const encoder = new TextEncoder();
    const streams = this.#streams;
    let timer: ReturnType<typeof setInterval>;
    let stream: { end: () => void };
    const stop = () => {
      clearInterval(timer);
      streams.delete(stream);
    };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const tell = () => {
          // A reader that is slow misses some; one that reads nothing fills no memory.
          if ((controller.desiredSize ?? 0) <= 0) return;
          controller.enqueue(encoder.encode(`data: ${JSON.stringify(this.#report())}\n\n`));
        };
        stream = {
          end() {
            stop();
            controller.close();
          },
        };
        streams.add(stream);
        timer = setInterval(tell, LIVE_INTERVAL_MS);
        tell();
      },
      cancel: stop,
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  }

  /** Ends all streams, or the site could never finish its answers and stop. */
  close(): void {
    for (const stream of this.#streams) stream.end();
  }
}
