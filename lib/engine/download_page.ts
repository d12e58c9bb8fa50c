/**
 * One attempt at one page without a promise. Of 100,000 that wait for an answer, each would otherwise keep three promises and
 * the functions that go with them, a third of all that it takes.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import type { Job } from "../core/download.ts";
import type { Outcome } from "../core/outcome.ts";
import type { AnswerTaker, Send } from "../http/send.ts";
import type { Ended } from "./at_once.ts";
import { Attempt } from "./attempt.ts";
import { begin, failed, takePage } from "./download.ts";
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

/** Resolved: what waits for it gets its turn when all that has come with an answer's head has been looked at. */
const SOON = Promise.resolve();

/**
 * Downloads a page once. Never throws: whatever goes wrong is the outcome.
 *
 * @param options What to download, how, and who takes the outcome.
 */
export function downloadPage({ job, session, send, ended }: PageOptions): void {
  const attempt = new PageAttempt(job, session, send, ended);
  const outcome = begin(attempt);
  if (outcome) return attempt.end(() => outcome);
  try {
    askTo(send, attempt, attempt);
  } catch (error) {
    attempt.onNoAnswer(error);
  }
}

/** An attempt that takes its answer itself. */
class PageAttempt extends Attempt implements AnswerTaker {
  readonly #ended: Ended<Outcome>;

  constructor(job: Job, session: Session, send: Send, ended: Ended<Outcome>) {
    super(job, session, send);
    this.#ended = ended;
  }

  onAnswer(answer: Answer): void {
    this.end(() => takePage(this, answer));
  }

  onNoAnswer(reason: unknown): void {
    this.end(() => failed(this, reason));
  }

  /** Ends it soon. */
  end(how: () => Outcome | Promise<Outcome>): void {
    SOON.then(() => {
      try {
        const outcome = how();
        if (!(outcome instanceof Promise)) return this.#ended.settle(outcome);
        outcome.then((outcome) => this.#ended.settle(outcome), (cause) => this.#ended.fail(cause));
      } catch (cause) {
        this.#ended.fail(cause);
      }
    });
  }
}
