/**
 * Renews a session for as long as a machine works, and acts when it can't be renewed in time.
 *
 * @module
 */

import { wait } from "./partition_log.ts";
import type { Session } from "./session.ts";

/** Milliseconds that a renewal isn't answered after which that is said, and between two times. */
const [SAY_FIRST_MS, SAY_AGAIN_MS] = [3_000, 10_000];

/** Milliseconds between two looks at the session's state at most. */
const LOOK_MS = 1_000;

/** Whom a {@linkcode SessionKeeper} tells what. */
export interface KeeperOptions {
  /** Ends it. */
  signal: AbortSignal;
  /** Called after each renewal, perhaps under another name. */
  onRenewed: () => void;
  /** Called when nothing that was begun under the session's name may go on, perhaps several times. */
  onLost: () => void;
  /** Called now and then while the broker doesn't answer, with the milliseconds since it should have. */
  onWaiting: (ms: number) => void;
}

/** Keeps a session. */
export class SessionKeeper {
  readonly #session: Session;
  readonly #options: KeeperOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the first renewal was sent that isn't answered. */
  #askedAt: number | undefined;
  #saidMs = 0;

  /**
   * Keeps nothing yet.
   *
   * @param session The session.
   * @param options Whom to tell what.
   */
  constructor(session: Session, options: KeeperOptions) {
    this.#session = session;
    this.#options = options;
  }

  /**
   * Begins the session, and renews it until the signal is aborted.
   *
   * @throws {BrokerError} If the broker refuses a renewal for another reason than that the session is gone.
   */
  async keep(): Promise<void> {
    const { signal, onRenewed } = this.#options;
    try {
      while (!signal.aborted) {
        this.stopIfLost(); // before a renewal could begin another name
        this.#askedAt ??= performance.now();
        const nextInMs = await this.#session.renew();
        if (nextInMs === this.#session.renewMs) {
          this.#askedAt = undefined;
          this.#saidMs = 0;
          onRenewed();
        }
        this.#watch();
        await wait(nextInMs, signal);
      }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** Tells it if nothing may go on. */
  stopIfLost(): void {
    const { state } = this.#session;
    if (state === "aborted" || state === "gone") this.#options.onLost();
  }

  /** Acts when the session's state changes without a renewal. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#options.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.stopIfLost();
      this.#sayWaiting();
      this.#watch();
    }, Math.min(this.#session.nextChangeMs, LOOK_MS));
  }

  #sayWaiting(): void {
    if (this.#askedAt === undefined) return;
    const ms = performance.now() - this.#askedAt;
    if (ms < SAY_FIRST_MS || (this.#saidMs > 0 && ms < this.#saidMs + SAY_AGAIN_MS)) return;
    this.#saidMs = ms;
    this.#options.onWaiting(ms);
  }
}
