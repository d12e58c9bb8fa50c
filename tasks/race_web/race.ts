/**
 * A race: the heats one after another, then the browser's, and `simple` at last, live, while the page shows all of them.
 *
 * @module
 */

import { CORES } from "../../constants.ts";
import { CommandError } from "../../lib/core/errors.ts";
import { startLocalServer } from "../../lib/source/website.ts";
import type { Title } from "../strategies.ts";
import { type Choice, limitMs } from "./choices.ts";
import type { Machine, RaceEvent } from "./events.ts";
import { heat, loadNow } from "./heat.ts";

/** Who runs before the show begins, in the order of the page. */
const HEATS: readonly Title[] = ["threaded", "async", "optimized", "download"];

/** Milliseconds that the page gets beyond its limit to say that its own run is over. */
const PAGE_GRACE_MS = 30_000;

/** What a race needs to know. */
export interface RaceOptions {
  /** The origin of the page, which may read from the browser's website. */
  origin: string;
  /** Ends the race at once when aborted, and all of its processes. */
  signal: AbortSignal;
}

/** A race that goes on. */
export class Race {
  readonly #choice: Choice;
  readonly #options: RaceOptions;
  readonly #browserDone = Promise.withResolvers<void>();

  /**
   * Prepares a race.
   *
   * @param choice What is raced over.
   * @param options Whose page shows it, and what ends it.
   */
  constructor(choice: Choice, options: RaceOptions) {
    this.#choice = choice;
    this.#options = options;
  }

  /** The page has run its own heat. */
  browserIsDone(): void {
    this.#browserDone.resolve();
  }

  /**
   * Runs it.
   *
   * @yields What happens, as it happens.
   */
  async *events(): AsyncGenerator<RaceEvent> {
    const { signal } = this.#options;
    const choice = this.#choice;
    yield { type: "race", choice, machine: machineNow() };
    try {
      for (const lane of HEATS) {
        if (!signal.aborted) yield* heat(lane, choice, { signal });
      }
      if (!signal.aborted) yield* this.#browserHeat();
      if (!signal.aborted) yield* heat("simple", choice, { signal, live: true });
      if (!signal.aborted) yield { type: "over", machine: machineNow() };
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CommandError)) throw error;
      yield { type: "problem", message: error.message };
    }
  }

  /** The page downloads by itself, and says when it is done; all there is to do here is to have a website for it. */
  async *#browserHeat(): AsyncGenerator<RaceEvent> {
    const lane = "browser";
    const { origin, signal } = this.#options;
    yield { type: "heat", lane };
    const flags = [`--delay=${this.#choice.delayMs}`, `--reader=${origin}`];
    await using website = await startLocalServer(flags, "tasks/race_web/browser_website.ts");
    yield { type: "yours", lane, url: website.url };
    const { promise, reject, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(
      () => reject(new CommandError("the page didn't finish its own run; reload it, and start the race again")),
      limitMs(lane, this.#choice) + PAGE_GRACE_MS,
    );
    const abort = () => resolve();
    signal.addEventListener("abort", abort);
    try {
      await Promise.race([this.#browserDone.promise, promise]);
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", abort);
    }
  }
}

/** The machine as it is now. */
export function machineNow(): Machine {
  return { cores: CORES, load: loadNow(), deno: Deno.version.deno };
}
