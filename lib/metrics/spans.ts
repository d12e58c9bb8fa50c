/**
 * Requests as bars in lanes, so that no two in a lane overlap: the picture that shows how many are on their way at once.
 *
 * Any number of requests is kept in little memory: of many lanes only every second, fourth, ... is kept, and bars too
 * short to be told apart are joined.
 *
 * @module
 */

/** Lanes in a picture at most: two pixels each make a picture that fits on a screen beside three others. */
const MAX_LANES = 64;

/** Bars in a picture at most: about 100 kB of SVG. */
const MAX_SPANS = 2_000;

/** Milliseconds that two requests in a lane may overlap: clocks of workers differ by as much. */
const TOLERANCE_MS = 0.5;

/** A request: when it began and ended, in milliseconds since the start, and whether it failed. */
export type Span = [startMs: number, endMs: number, failed: boolean];

/** Sorts requests into lanes as they end. */
export class Spans {
  /** One lane in `step` is kept. */
  step = 1;
  #laneCount = 0;
  #spanCount = 0;
  #latestMs = 0;
  readonly #kept = new Map<number, Span[]>();
  /** When the last request of each lane ended, the latest at the end. */
  readonly #ends: { endMs: number; lane: number }[] = [];

  /** The lanes that are kept, by when their first requests began. */
  get lanes(): Span[][] {
    return [...this.#kept.values()].filter(({ length }) => length > 0).sort(([a], [b]) => a[0] - b[0]);
  }

  /** How many lanes there are, those included that aren't kept. */
  get laneCount(): number {
    return this.#laneCount;
  }

  /** Adds a request. Those that ended earlier should come earlier; a little disorder costs no more than a lane. */
  add(span: Span): void {
    const lane = this.#laneFor(span);
    if (lane % this.step !== 0) return;
    const spans = this.#kept.get(lane);
    if (spans) spans.push(span);
    else this.#kept.set(lane, [span]);
    this.#spanCount++;
    this.#latestMs = Math.max(this.#latestMs, span[1]);
    if (this.#kept.size > MAX_LANES) this.#dropLanes();
    if (this.#spanCount > MAX_SPANS) this.#joinSpans();
  }

  /** Best fit: of the lanes that are free, the one that became so last, which is where the next request began. */
  #laneFor([startMs, endMs]: Span): number {
    const free = firstAfter(this.#ends, startMs + TOLERANCE_MS) - 1;
    const entry = free >= 0 ? this.#ends.splice(free, 1)[0] : { endMs, lane: this.#laneCount++ };
    entry.endMs = endMs;
    this.#ends.splice(firstAfter(this.#ends, endMs), 0, entry);
    return entry.lane;
  }

  #dropLanes(): void {
    this.step *= 2;
    for (const [lane, spans] of this.#kept) {
      if (lane % this.step === 0) continue;
      this.#kept.delete(lane);
      this.#spanCount -= spans.length;
    }
  }

  #joinSpans(): void {
    for (let shortest = this.#latestMs / MAX_SPANS; this.#spanCount > MAX_SPANS / 2; shortest *= 2) {
      this.#spanCount = 0;
      for (const [lane, spans] of this.#kept) {
        const joined = joinShort(spans, shortest);
        this.#kept.set(lane, joined);
        this.#spanCount += joined.length;
      }
    }
  }
}

/** Where in a list sorted by `endMs` the first entry is that ends after a time. */
function firstAfter(ends: readonly { endMs: number }[], timeMs: number): number {
  let from = 0;
  let to = ends.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (ends[middle].endMs <= timeMs) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Joins neighbours that together aren't longer than a bar must be to be seen. */
function joinShort(spans: Span[], shortestMs: number): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last && span[1] - last[0] <= shortestMs) joined[joined.length - 1] = [last[0], span[1], last[2] || span[2]];
    else joined.push(span);
  }
  return joined;
}
