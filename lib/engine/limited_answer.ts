/**
 * Answers whose bodies arrive no faster than a limit for the whole run allows: what isn't read stays with the server, because
 * connections take no more than they have room for.
 *
 * @module
 */

import type { Answer, AnswerBody, AnswerHeaders, AnswerReader, Arrivals } from "../core/answer.ts";
import { ByteRate } from "../http/byte_rate.ts";
import { chunksOf } from "../http/response_body.ts";
import type { Attempt } from "./attempt.ts";

/** Limits answers. Every isolate has its own. */
export class AnswerLimiter {
  readonly #rate: ByteRate;

  /**
   * Limits nothing yet.
   *
   * @param shared What all isolates share.
   * @param perSecond Bytes per second in all of them together.
   */
  constructor(shared: SharedArrayBuffer, perSecond: number) {
    this.#rate = new ByteRate(shared, perSecond);
  }

  /**
   * Limits an answer.
   *
   * @param answer The answer.
   * @param attempt Whose it is; its clock stands still while it waits for the limit.
   * @returns The same, with a body that waits.
   */
  limit(answer: Answer, attempt: Attempt): Answer {
    const { body } = answer;
    return body === null ? answer : new LimitedAnswer(answer, body, { rate: this.#rate, attempt });
  }
}

/** What limits a body. */
interface Limit {
  rate: ByteRate;
  attempt: Attempt;
}

class LimitedAnswer implements Answer {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly url: string;
  readonly headers: AnswerHeaders;
  readonly body: AnswerBody;
  readonly #answer: Answer;

  constructor(answer: Answer, body: AnswerBody, limit: Limit) {
    ({ status: this.status, statusText: this.statusText, ok: this.ok, url: this.url, headers: this.headers } = answer);
    this.#answer = answer;
    this.body = new LimitedBody(body, limit);
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: BlobPart[] = [];
    for await (const piece of chunksOf(this, { bytes: 0, lastDataAt: 0 })) pieces.push(piece.slice());
    return await new Blob(pieces).bytes();
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  noteArrivals(arrivals: Arrivals): void {
    this.#answer.noteArrivals?.(arrivals);
  }
}

class LimitedBody implements AnswerBody, AnswerReader {
  readonly #body: AnswerBody;
  readonly #limit: Limit;
  #reader: AnswerReader | undefined;
  /** Bytes that are paid for. */
  #paid = 0;
  #isBegun = false;
  #isOver = false;

  constructor(body: AnswerBody, limit: Limit) {
    this.#body = body;
    this.#limit = limit;
  }

  getReader(options: { mode: "byob" }): AnswerReader {
    this.#reader = this.#body.getReader(options);
    return this;
  }

  async read(view: Uint8Array<ArrayBuffer>): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
    if (this.#reader === undefined) throw new Error("a body is read without its reader");
    try {
      if (this.#paid === 0 && !this.#isOver) await this.#pay(view.length);
      if (this.#isOver) this.#refund(); // it was cancelled while it waited
      const room = Math.min(view.length, this.#paid);
      const read = await this.#reader.read(room < view.length && !this.#isOver ? view.subarray(0, room) : view);
      this.#paid -= Math.min(read.value?.length ?? 0, this.#paid);
      if (read.done) this.#end();
      return read;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  async cancel(): Promise<void> {
    this.#end();
    await (this.#reader ?? this.#body).cancel();
  }

  async #pay(wanted: number): Promise<void> {
    const { rate, attempt } = this.#limit;
    const { holds } = attempt.session.deadlines;
    if (!this.#isBegun) rate.enter();
    this.#isBegun = true;
    let isHeld = false;
    const onWait = () => {
      isHeld = true;
      holds.begin(attempt);
    };
    try {
      this.#paid = await rate.pay(wanted, { signal: attempt.signal, onWait });
    } finally {
      if (isHeld) holds.end(attempt);
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isBegun) this.#limit.rate.leave();
    this.#refund();
  }

  #refund(): void {
    if (this.#paid > 0) this.#limit.rate.refund(this.#paid);
    this.#paid = 0;
  }
}
