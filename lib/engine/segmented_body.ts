/**
 * One body over several connections: it starts whole, and what is left is split in half for each further connection, as long
 * as there is leave for one and it is worth it. A connection that has ended its part takes half of what takes longest.
 *
 * Every part must be of the same version as the whole, by a strong validator, and have just the range that was asked for. A
 * server that answers anything else isn't asked for ranges any more: the first connection goes on to the end, or if it has
 * ended its part already, the body is asked for again as a whole. A part that fails in passing is fetched again.
 *
 * @module
 */

import { KEEP_PARTIAL_FROM } from "../../constants.ts";
import type { Answer } from "../core/answer.ts";
import { CannotWriteError } from "../core/errors.ts";
import type { Failed } from "../core/outcome.ts";
import { Ticker } from "../core/timer.ts";
import type { Resumable, Validator } from "../disk/resume.ts";
import { SaveError } from "../disk/save_error.ts";
import type { SegmentFile } from "../disk/segment_store.ts";
import { DeadlineError } from "../http/deadlines.ts";
import type { Attempt } from "./attempt.ts";
import { isTransient } from "./failure.ts";
import { JobRequests, type Leave } from "./further_requests.ts";
import type { Ended } from "./host.ts";
import { hostSignal } from "./host_signal.ts";
import { SegmentFailures } from "./segment_failures.ts";
import { SegmentCount } from "./segment_count.ts";
import { gapsIn, isWorthSplitting, lagsBehind, leftOf, longest, type Segment, split } from "./segment_plan.ts";
import { askRange, RangeRefused, SegmentAttempt, SegmentStream } from "./segment_stream.ts";
import { whyItFailed } from "./why_it_failed.ts";

/** Milliseconds between two looks at speeds, and at what could be started. */
const TICK_MS = 250;

/** Connections of a body that are given up for lagging behind at most. */
const MOST_GIVEN_UP = 8;

const UNKNOWN: Ended = { as: "unknown", isOverload: false, isNowhere: false };
const ANSWERED: Ended = { as: "answered", isOverload: false, isNowhere: false };

/** What a {@linkcode SegmentedBody} needs. */
export interface SegmentedBodyOptions {
  /** The attempt, which has the answer. */
  attempt: Attempt;
  /** Gives leave for further requests. */
  leave: Leave;
  /** Which version of what the body is. */
  validator: Validator;
  /** Its bytes. */
  length: number;
  /** What there is of it. Default: nothing. */
  resumes?: Resumable;
  /** Where it is written. */
  file: SegmentFile;
}

/** A body that comes over several connections. */
export class SegmentedBody {
  /** Requests that were made for it. */
  requests = 1;
  readonly #options: SegmentedBodyOptions;
  readonly #response: Answer;
  readonly #streams = new Set<SegmentStream>();
  /** What nobody fetches. */
  readonly #gaps: Segment[];
  readonly #first: SegmentStream;
  readonly #count: SegmentCount;
  readonly #ended = Promise.withResolvers<boolean>();
  readonly #requests: JobRequests;
  #isOver = false;
  #isGrowing = false;
  /** Whether a range has come as it was asked for, and whether anything else has come in its place. */
  #isProven: boolean;
  #isRefused = false;
  readonly #failures: SegmentFailures;
  #givenUp = 0;
  /** Bytes per second of the fastest connection so far. */
  #fastest = 0;

  /**
   * Reads nothing yet.
   *
   * @param response The whole, or everything from the first byte on that is missing.
   * @param options What it is of, and where it goes.
   * @throws {SaveError} If what is there isn't of such a body.
   */
  constructor(response: Answer, options: SegmentedBodyOptions) {
    const { attempt, leave, length, resumes } = options;
    this.#failures = new SegmentFailures(attempt.session.settings);
    this.#requests = new JobRequests(leave, attempt.job.id);
    this.#response = response;
    this.#options = options;
    this.#isProven = resumes !== undefined;
    this.#count = new SegmentCount(attempt.session.settings.segments);
    const [first, ...gaps] = gapsIn(resumes?.extents ?? [], length);
    if (first?.at !== (resumes?.bytes ?? 0)) throw new SaveError("protocol", "what is there is of another length");
    this.#gaps = gaps;
    this.#first = this.#stream(first, attempt, length);
  }

  /**
   * Fetches all that is missing.
   *
   * @returns `false` if it has to be asked for again, as a whole.
   * @throws Why it has failed.
   */
  async run(): Promise<boolean> {
    const { attempt } = this.#options;
    const { signal } = attempt;
    const stop = () => this.#ended.reject(attempt.reason);
    using ticker = new Ticker(TICK_MS, () => this.#tick());
    signal.addEventListener("abort", stop);
    if (attempt.aborted) stop();
    ticker.start();
    this.#follow(this.#first, this.#first.read(this.#response));
    this.#grow();
    try {
      return await this.#ended.promise;
    } finally {
      this.#isOver = true;
      signal.removeEventListener("abort", stop);
      this.#cancelAll();
    }
  }

  #stream(segment: Segment, attempt: Attempt, askedEnd = segment.end): SegmentStream {
    const { attempt: whole, file } = this.#options;
    const stream = new SegmentStream({ segment, askedEnd, attempt, whole, writer: file.segment(segment.at) });
    this.#streams.add(stream);
    return stream;
  }

  #follow(stream: SegmentStream, reading: Promise<void>): void {
    reading.then(() => this.#complete(stream), (error) => this.#fail(stream, error));
  }

  #start(segment: Segment): void {
    const attempt = new SegmentAttempt(this.#options.attempt);
    const stream = this.#stream(segment, attempt);
    this.requests++;
    this.#follow(stream, this.#fetch(stream, attempt));
  }

  async #fetch(stream: SegmentStream, attempt: SegmentAttempt): Promise<void> {
    const { deadlines } = attempt.session;
    deadlines.watch(attempt);
    try {
      const response = await askRange(attempt, stream.segment, this.#options);
      this.#isProven = stream.isAnswered = true;
      this.#grow();
      await stream.read(response);
    } finally {
      deadlines.end(attempt);
    }
  }

  #complete(stream: SegmentStream, ended = ANSWERED): void {
    if (!this.#leave(stream, ended)) return;
    if (this.#streams.size > 0 || this.#gaps.length > 0) this.#grow();
    else this.#ended.resolve(true);
  }

  #fail(stream: SegmentStream, error: unknown): void {
    const { attempt } = stream;
    const { retryOn } = attempt.session.settings;
    const isRefused = error instanceof RangeRefused;
    const failed: Failed = { ...attempt.facts("failed", stream.ageMs), ...whyItFailed(error, attempt) };
    if (!this.#leave(stream, isRefused ? ANSWERED : hostSignal(failed, retryOn))) return;
    if (error instanceof CannotWriteError || isOfDisk(error)) return this.#ended.reject(error);
    const { segment, bytes } = stream;
    this.#isRefused ||= isRefused;
    if (!this.#goesOn(segment) && (isRefused || leftOf(segment) > 0)) this.#gaps.unshift(segment);
    // What nobody may be asked for can only come with the whole
    if (this.#isRefused && this.#gaps.length > 0) return this.#ended.resolve(false);
    if (this.#streams.size > 0) return this.#failures.note(error, { bytes, isTransient: isTransient(failed, retryOn) });
    if (this.#gaps.length === 0) return this.#ended.resolve(true); // only its end has failed
    this.#ended.reject(error); // whether it is tried again is for others to say
  }

  /** Has the body that came first, and whole, go on with a segment, if it is about to end where that begins. */
  #goesOn({ at, end }: Segment): boolean {
    const first = this.#first;
    if (!this.#streams.has(first) || first.segment.end !== at || leftOf(first.segment) === 0) return false;
    first.segment.end = end;
    return true;
  }

  /** Takes out a stream that has ended; `false` if it was taken out before. */
  #leave(stream: SegmentStream, ended: Ended): boolean {
    if (this.#isOver || !this.#streams.delete(stream)) return false;
    const { attempt } = this.#options;
    // From now on only its segments have deadlines
    if (stream === this.#first) attempt.session.deadlines.holds.begin(attempt);
    const { bytes, ageMs } = stream;
    if (bytes >= KEEP_PARTIAL_FROM) this.#fastest = Math.max(this.#fastest, bytes / ageMs * 1_000);
    this.#requests.keep(this.#streams.size, ended);
    return true;
  }

  /** Starts what there is leave for. Never throws. */
  async #grow(): Promise<void> {
    if (this.#isGrowing) return;
    this.#isGrowing = true;
    try {
      while (!this.#isOver && this.#findWork() !== undefined) {
        const isOwn = this.#streams.size === 0;
        const mayStart = await this.#requests.mayStart(this.#streams.size);
        // What its host waits for, the next attempt can wait for as well
        if (!mayStart && isOwn && this.#failures.last !== undefined) this.#ended.reject(this.#failures.last);
        if (!mayStart) break;
        if (!this.#isOver && this.#requests.hasLeave(this.#streams.size)) this.#findWork()?.();
        this.#requests.keep(this.#streams.size);
      }
    } catch (error) {
      this.#ended.reject(error);
    } finally {
      this.#isGrowing = false;
    }
  }

  /** What starts the next stream; undefined if none is to be. */
  #findWork(): (() => void) | undefined {
    const { size } = this.#streams;
    const { isAlone, notBefore } = this.#failures;
    const most = isAlone ? 1 : this.#isProven ? this.#count.limit : Math.min(2, this.#count.limit);
    if (this.#isRefused || size >= most || performance.now() < notBefore) return undefined;
    if (this.#gaps.length > 0) return () => this.#start(this.#gaps.shift() as Segment);
    const isKnown = (stream: SegmentStream) => stream.isAnswered || stream.perSecond === 0 || stream === this.#first;
    const slowest = longest(this.#streams.values().filter(isKnown));
    if (slowest === undefined) return undefined;
    if (this.#givenUp < MOST_GIVEN_UP && lagsBehind(slowest, this.#fastest)) return () => this.#giveUp(slowest);
    return isWorthSplitting(slowest) ? () => this.#start(split(slowest.segment)) : undefined;
  }

  /** Fetches what is left of a segment over another connection. */
  #giveUp(stream: SegmentStream): void {
    const { at, end } = stream.segment;
    this.#givenUp++;
    stream.cancel();
    this.#leave(stream, UNKNOWN);
    this.#start({ at, end });
  }

  #tick(): void {
    const { attempt, file } = this.#options;
    const now = performance.now();
    for (const stream of this.#streams) {
      stream.look(now);
      this.#fastest = Math.max(this.#fastest, stream.perSecond ?? 0);
    }
    this.#count.look(now, file.bytes, this.#streams.size);
    const { idleTimeoutMs, timeoutMs, limitRate } = attempt.session.settings;
    const first = this.#first;
    // While other segments come, the attempt isn't idle
    if (this.#streams.has(first) && !first.isHeld && now - first.lastDataAt > idleTimeoutMs) {
      const error = new DeadlineError("idle-timeout", idleTimeoutMs);
      try {
        first.cancel();
        this.#fail(first, error);
      } catch (cause) {
        this.#ended.reject(cause);
      }
    }
    if (limitRate === Infinity && now - attempt.startedAt > timeoutMs) {
      this.#ended.reject(new DeadlineError("timeout", timeoutMs));
    }
    this.#grow();
  }

  #cancelAll(): void {
    let failure: { cause: unknown } | undefined;
    for (const stream of this.#streams) {
      try {
        stream.cancel();
      } catch (cause) {
        failure = { cause };
      }
    }
    this.#streams.clear();
    this.#requests.keep(0);
    if (failure) throw failure.cause;
  }
}

/** Whether a part has failed by the disk, so that the others would, too. */
function isOfDisk(error: unknown): boolean {
  return error instanceof SaveError && error.kind !== "truncated";
}
