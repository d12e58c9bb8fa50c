/**
 * One segment of a body on its way: its request, and what comes of it.
 *
 * @module
 */

import type { Answer, AnswerReader, Arrivals } from "../core/answer.ts";
import { type Extent, isPartOf, type Validator } from "../disk/resume.ts";
import { SaveError } from "../disk/save_error.ts";
import type { SegmentWriter } from "../disk/segment_store.ts";
import { discard } from "../http/discard.ts";
import { isRedirect } from "../http/is_redirect.ts";
import { accept } from "./accept.ts";
import { Attempt } from "./attempt.ts";
import { ask, follow } from "./request.ts";
import { type Flow, leftOf, type Segment } from "./segment_plan.ts";

/** Bytes that are read at most before they are written. */
const BUFFER = 2 ** 18;

/** Milliseconds after which a segment of which nothing has come counts as one that is slow. */
const SILENT_MS = 2_000;

/** Chains of redirects that are followed for one segment: the second one after a login. */
const MOST_CHAINS = 2;

/** A server's answer to a range by which it can't be asked for ranges: the body has to come as a whole. */
export class RangeRefused extends Error {}

/** What a stream was cancelled with. */
const CANCELLED = new Error("the segment isn't needed any more");

/** The attempt at a segment: a part of another one, over a connection of its own. */
export class SegmentAttempt extends Attempt {
  /**
   * Begins it.
   *
   * @param whole The attempt at the whole body.
   */
  constructor(whole: Attempt) {
    super(whole.job, whole.session, whole.send);
    this.identity = true;
    this.isStalled = true; // never reported: only the whole may have stalled
  }

  /** Yes: over HTTP/2, too, each connection may have a limit. */
  override get isApart(): boolean {
    return true;
  }
}

/**
 * Asks for a segment.
 *
 * @param attempt The attempt at it.
 * @param asked The range.
 * @param of The whole: which version of what it is, and its bytes.
 * @returns The answer, which has just that range.
 * @throws {RangeRefused} If it has anything else.
 * @throws {Error} If there is none, or it is a failure.
 */
export async function askRange(
  attempt: SegmentAttempt,
  { at, end }: Extent,
  { validator, length }: { validator: Validator; length: number },
): Promise<Answer> {
  const headers = { range: `bytes=${at}-${end - 1}`, "if-range": validator.ifRange };
  let response = await ask(attempt, headers);
  for (let chains = 0; isRedirect(response) && chains < MOST_CHAINS; chains++) {
    response = await follow(attempt, response, headers) ?? await ask(attempt, headers);
  }
  const { status } = response;
  if (status !== 416) await accept(attempt, response, true);
  const coding = response.headers.get("transfer-encoding") ?? "chunked";
  if (coding.toLowerCase() === "chunked" && isPartOf(validator, response, { at, end }, length)) return response;
  await discard(response);
  throw new RangeRefused(
    `the server answered ${status} with something else than bytes ${at} to ${end - 1} of ${length}`,
  );
}

/** What a {@linkcode SegmentStream} needs. */
export interface SegmentStreamOptions {
  /** What is to come; its end may come nearer, when another stream takes the rest. */
  segment: Segment;
  /** Where its answer ends. */
  askedEnd: number;
  /** Writes what comes. */
  writer: SegmentWriter;
  /** Whose clock it is. */
  attempt: Attempt;
  /** The attempt at the whole body, which isn't idle while a segment of it comes. */
  whole: Attempt;
}

/** A segment on its way. */
export class SegmentStream implements Flow, Arrivals {
  /** What is to come. */
  readonly segment: Segment;
  /** Bytes that have come. */
  bytes = 0;
  /** Bytes per second, lately; undefined while that isn't known. */
  perSecond: number | undefined;
  /** Whether its answer is there. */
  isAnswered = false;
  /** Whether nobody wants it any more. */
  isCancelled = false;
  readonly #options: SegmentStreamOptions;
  readonly #startedAt = performance.now();
  #lastDataAt = performance.now();
  #lookedAt = 0;
  #lookedBytes = 0;
  #reader: AnswerReader | undefined;

  /**
   * Reads nothing yet.
   *
   * @param options What is to come, and where it goes.
   */
  constructor(options: SegmentStreamOptions) {
    this.segment = options.segment;
    this.#options = options;
  }

  /** The attempt at it. */
  get attempt(): Attempt {
    return this.#options.attempt;
  }

  /** When data came. */
  get lastDataAt(): number {
    return this.#lastDataAt;
  }

  /** Notes that data came, for the whole body, too. */
  set lastDataAt(at: number) {
    const { attempt, whole } = this.#options;
    this.#lastDataAt = attempt.lastDataAt = whole.lastDataAt = at;
  }

  /** Milliseconds since it was asked for. */
  get ageMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Whether it waits for leave to read on. */
  get isHeld(): boolean {
    const { attempt } = this.#options;
    return attempt.session.deadlines.holds.msOf(attempt) === Infinity;
  }

  /** Measures its speed since the last look. */
  look(now: number): void {
    if (this.bytes === 0) {
      if (this.ageMs >= SILENT_MS) this.perSecond = 0;
      return;
    }
    if (this.#lookedAt > 0) {
      const perSecond = (this.bytes - this.#lookedBytes) / (now - this.#lookedAt) * 1_000;
      this.perSecond = this.perSecond === undefined ? perSecond : (this.perSecond + perSecond) / 2;
    }
    this.#lookedAt = now;
    this.#lookedBytes = this.bytes;
  }

  /**
   * Reads and writes it, as far as it goes by then.
   *
   * @param response The answer that brings it.
   * @throws {SaveError | CannotWriteError} If it ends early, or can't be written.
   * @throws {RangeRefused} If there is more of it than there can be.
   * @throws What reading the body throws.
   */
  async read(response: Answer): Promise<void> {
    const { segment, writer, askedEnd } = this.#options;
    response.noteArrivals?.(this);
    const reader = this.#reader = response.body?.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(BUFFER);
    let isOver = reader === undefined;
    try {
      while (reader && !isOver && (leftOf(segment) > 0 || segment.end === askedEnd)) {
        const { done, value } = await reader.read(new Uint8Array(buffer));
        isOver = done || value === undefined;
        if (this.isCancelled) return;
        if (value === undefined) break;
        this.#take(value);
        buffer = value.buffer;
      }
      const missing = leftOf(segment);
      if (missing > 0) throw new SaveError("truncated", `the body ended with ${missing} bytes of a segment to come`);
    } finally {
      if (!this.isCancelled) writer.flush();
      if (!isOver) await reader?.cancel();
    }
  }

  /** Ends it: what it has brought is kept, and nothing more is written. */
  cancel(): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    const { attempt, whole, writer } = this.#options;
    writer.flush();
    if (attempt !== whole) attempt.abort(CANCELLED);
    else this.#reader?.cancel().catch(() => {}); // it has broken off by itself
  }

  #take(piece: Uint8Array): void {
    const { segment, writer, whole, askedEnd } = this.#options;
    const left = leftOf(segment);
    if (piece.length > left && segment.end === askedEnd) {
      throw new RangeRefused("the server sent more than the range that it announced");
    }
    const bytes = piece.length > left ? piece.subarray(0, left) : piece;
    if (bytes.length === 0) return;
    writer.write(bytes);
    segment.at += bytes.length;
    this.bytes += bytes.length;
    whole.bytes += bytes.length;
    this.lastDataAt = performance.now();
  }
}
