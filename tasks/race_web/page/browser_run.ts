/// <reference lib="dom" />
/**
 * The browser's own lane: `fetch` in this page, as it is. The browser keeps six connections to a host over HTTP/1.1, and lets
 * what exceeds them wait; so a request counts as sent when the browser sent it (Resource Timing), not when it was told to.
 *
 * @module
 */

import type { Counts, RunFacts, Span } from "../events.ts";

/** What is downloaded, and how long at most. */
export interface BrowserRunOptions {
  /** Pages to download. */
  pages: number;
  /** Milliseconds after which it is stopped. */
  limitMs: number;
  /** Stops it at once when aborted. */
  signal: AbortSignal;
  /** Called with how far it is, five times per second. */
  progress: (counts: Counts) => void;
}

/** Requests that are handed to the browser at once: many more than it sends, and few enough for it to take. */
const LANES = 100;

/** Milliseconds to wait for what the browser notes of the last requests, which it does in its own time. */
const NOTES_MS = 500;

const [DONE, FAILED, OPEN] = [0, 1, 2];

/**
 * Downloads pages by the browser's own fetch.
 *
 * @param url Where page numbers are appended.
 * @param options How many, and how long at most.
 * @returns What it came to.
 */
export async function runInBrowser(
  url: string,
  { pages, limitMs, signal, progress }: BrowserRunOptions,
): Promise<{ facts: RunFacts; spans: Span[] }> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const notes = new Notes(url);
  const endings = new Map<number, number>();
  let [next, done, failed] = [0, 0, 0];
  const startedAt = performance.now();
  const lane = async () => {
    for (let page = next++; page < pages && !limit.aborted; page = next++) {
      const ending = await get(url, page, limit);
      endings.set(page, ending);
      if (ending === DONE) done++;
      if (ending === FAILED) failed++;
    }
  };
  // The browser doesn't say which requests it has sent before they have ended
  const telling = setInterval(() => progress({ done, failed, inFlight: 0 }), 200);
  await Promise.all(Array.from({ length: Math.min(LANES, pages) }, lane));
  clearInterval(telling);
  const seconds = (performance.now() - startedAt) / 1_000;
  const spans = await notes.spans(startedAt, endings);
  // The website counts better than the page can: to that, a request may begin just before the one before it has ended
  const { connections, peak_in_flight: mostInFlight } = await (await fetch(`${url}stats`, { signal })).json();
  const stopped = done + failed < pages;
  return { facts: { asked: pages, done, failed, seconds, stopped, mostInFlight, connections }, spans };
}

/** Gets a page, and looks whether it is the right one. */
async function get(url: string, page: number, signal: AbortSignal): Promise<number> {
  try {
    const answer = await fetch(url + page, { cache: "no-store", signal });
    return await answer.text() === String(page) ? DONE : FAILED;
  } catch {
    return signal.aborted ? OPEN : FAILED; // the browser's console says why
  }
}

/** What the browser notes of its requests. */
class Notes {
  readonly #url: string;
  readonly #entries: PerformanceResourceTiming[] = [];
  readonly #observer: PerformanceObserver;

  constructor(url: string) {
    this.#url = url;
    this.#observer = new PerformanceObserver((list) => this.#take(list.getEntries()));
    this.#observer.observe({ type: "resource" });
  }

  #take(entries: PerformanceEntryList): void {
    for (const entry of entries) {
      if (entry instanceof PerformanceResourceTiming && entry.name.startsWith(this.#url)) this.#entries.push(entry);
    }
  }

  /** When each request was sent and ended; those that were never sent aren't among them. */
  async spans(startedAt: number, endings: ReadonlyMap<number, number>): Promise<Span[]> {
    const asked = [...endings.values()].filter((ending) => ending !== OPEN).length;
    for (let waited = 0; this.#entries.length < asked && waited < NOTES_MS; waited += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#take(this.#observer.takeRecords());
    this.#observer.disconnect();
    performance.clearResourceTimings();
    return this.#entries.flatMap(({ name, requestStart, responseEnd }): Span[] => {
      const page = Number(name.slice(this.#url.length));
      const ending = endings.get(page);
      if (ending === undefined || requestStart === 0) return [];
      return [[requestStart - startedAt, responseEnd - startedAt, ending, page]];
    }).sort(([a], [b]) => a - b);
  }
}
