/**
 * One attempt at one page without a promise. Of 100,000 that wait for an answer, each would otherwise keep three promises and
 * the functions that go with them, a third of all that it takes.
 *
 * @module
 */

import type { Answer, OverTaker } from "../core/answer.ts";
import type { Job } from "../core/download.ts";
import type { Outcome } from "../core/outcome.ts";
import type { AnswerTaker, Send } from "../http/send.ts";
import type { Ended } from "./at_once.ts";
import { Attempt } from "./attempt.ts";
import { begin, failed, takeBody, takeHead } from "./download.ts";
import { waitForPage } from "./read_page.ts";
import { askTo } from "./request.ts";
import type { Session } from "./session.ts";

/** What sends without a promise. */
export type SendTo = Send & Required<Pick<Send, "to">>;

/** What it takes to download a page. */
export interface PageOptions {
  /** What to download, which isn't saved. */
  job: Job;
  /** Deadlines, settings, and the signal that ends the attempt. */
  session: Session;
  /** What sends its request. */
  send: SendTo;
  /** Takes the outcome, later than this returns. */
  ended: Ended<Outcome>;
}

/**
 * Downloads a page once. Never throws: whatever goes wrong is the outcome.
 *
 * @param options What to download, how, and who takes the outcome.
 */
export function downloadPage({ job, session, send, ended }: PageOptions): void {
  const attempt = new PageAttempt(job, session, send, ended);
  const outcome = begin(attempt);
  if (outcome) return attempt.end(outcome);
  try {
    askTo(send, attempt, attempt);
  } catch (error) {
    attempt.onNoAnswer(error);
  }
}

/** Attempts that go on when all that has come with their news has been looked at: one microtask for all, not one for each. */
let due: PageAttempt[] = [];

function goOn(): void {
  const all = due;
  due = [];
  for (const attempt of all) attempt.goOn();
}

/** What has come for an attempt last: no answer but a reason, an outcome without one, a head, or the body after it. */
type Came = "reason" | "outcome" | "head" | "body";

/** An attempt that takes its answer itself. */
class PageAttempt extends Attempt implements AnswerTaker, OverTaker {
  readonly #ended: Ended<Outcome>;
  #came: Came = "reason";
  #what: unknown = undefined;

  constructor(job: Job, session: Session, send: Send, ended: Ended<Outcome>) {
    super(job, session, send);
    this.#ended = ended;
  }

  onAnswer(answer: Answer): void {
    this.#take("head", answer);
  }

  onNoAnswer(reason: unknown): void {
    this.#take("reason", reason);
  }

  onOver(): void {
    this.#take("body", this.#what);
  }

  /** Ends it soon. */
  end(outcome: Outcome): void {
    this.#take("outcome", outcome);
  }

  /** Takes in what has come. */
  goOn(): void {
    try {
      const outcome = this.#next();
      if (outcome instanceof Promise) {
        outcome.then((outcome) => this.#ended.settle(outcome), (cause) => this.#ended.fail(cause));
      } else if (outcome) this.#ended.settle(outcome);
    } catch (cause) {
      this.#ended.fail(cause);
    }
  }

  #take(came: Came, what: unknown): void {
    this.#came = came;
    this.#what = what;
    if (due.push(this) === 1) queueMicrotask(goOn);
  }

  /** How it ended; undefined while its body is to come. */
  #next(): Outcome | Promise<Outcome> | undefined {
    if (this.#came === "outcome") return this.#what as Outcome;
    if (this.#came === "reason") return failed(this, this.#what);
    const answer = this.#what as Answer;
    if (this.#came === "body") return takeBody(this, answer);
    return takeHead(this, answer) ?? (waitForPage(answer, this) ? undefined : takeBody(this, answer));
  }
}
