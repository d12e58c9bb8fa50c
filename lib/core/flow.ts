/**
 * What arrives while it arrives, in all isolates: counters in shared memory, so that showing how far a large file is costs its
 * download nothing. Each isolate writes a place of its own a few times per second; whoever shows progress adds them up.
 *
 * @module
 */

/** Isolates that are counted; what more there were would not be shown. */
const MOST_ISOLATES = 1_024;

/** Makes the counters of a run, to be given to every isolate. */
export function makeFlow(): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + MOST_ISOLATES) * 2 * Float64Array.BYTES_PER_ELEMENT);
}

/**
 * Adds up what the isolates have counted.
 *
 * @param flow The counters.
 * @returns Bytes of bodies that have arrived so far, those of attempts included that failed; and how much of the downloads in
 * flight that is, 1 for a whole one, as far as their lengths are known.
 */
export function readFlow(flow: SharedArrayBuffer): { bytes: number; parts: number } {
  const places = new Float64Array(flow, 2 * Float64Array.BYTES_PER_ELEMENT);
  const taken = Math.min(countIsolates(flow), MOST_ISOLATES);
  let [bytes, parts] = [0, 0];
  for (let place = 0; place < taken; place++) {
    bytes += places[2 * place];
    parts += places[2 * place + 1];
  }
  return { bytes, parts };
}

/**
 * How many isolates there were: each takes a place.
 *
 * @param flow The counters.
 */
export function countIsolates(flow: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(flow, 0, 1), 0);
}

/** The counters of one isolate. */
export class FlowCounter {
  readonly #places: Float64Array | undefined;

  /**
   * Takes a place.
   *
   * @param flow The counters of the run.
   */
  constructor(flow: SharedArrayBuffer) {
    const place = Atomics.add(new Int32Array(flow, 0, 1), 0, 1);
    if (place < MOST_ISOLATES) {
      this.#places = new Float64Array(flow, (1 + place) * 2 * Float64Array.BYTES_PER_ELEMENT, 2);
    }
  }

  /**
   * Says what has arrived in this isolate.
   *
   * @param bytes So far, altogether.
   * @param parts How much of the downloads in flight, 1 for a whole one.
   */
  set(bytes: number, parts: number): void {
    if (this.#places === undefined) return;
    this.#places[0] = bytes;
    this.#places[1] = parts;
  }
}
