/// <reference lib="dom" />
/**
 * All lanes from the same start, at any moment.
 *
 * @module
 */

import { type Choice, type Lane, LANES } from "../choices.ts";
import type { Counts, RunFacts, Span } from "../events.ts";
import { Axis } from "./axis.ts";
import { make } from "./dom.ts";
import { LaneView } from "./lane_view.ts";
import { Recording } from "./recording.ts";
import type { Results } from "./verdict.ts";

/** A race on the stage. */
export class Show {
  readonly #choice: Choice;
  readonly #axis: Axis;
  readonly #ticks = make("div", "ticks");
  readonly #views = new Map<Lane, LaneView>();
  readonly #recordings = new Map<Lane, Recording>();
  #hasBegun = false;

  /**
   * Puts the lanes on the stage, in place of those that were there.
   *
   * @param stage Where they go.
   * @param choice What is raced over.
   */
  constructor(stage: HTMLElement, choice: Choice) {
    this.#choice = choice;
    this.#axis = new Axis(choice.delayMs);
    stage.replaceChildren();
    for (const lane of LANES) this.#views.set(lane, new LaneView(stage, lane, choice, this.#axis));
    if (choice.pages <= 100) stage.append(make("div", "axis", this.#ticks));
    this.draw(0);
  }

  /** When the last lane ends, as far as that is known. */
  get endMs(): number {
    return Math.max(0, ...[...this.#recordings.values()].map(({ endMs }) => endMs));
  }

  /** What each lane came to. */
  get results(): Results {
    return Object.fromEntries(LANES.flatMap((lane) => {
      const facts = this.#recordings.get(lane)?.facts;
      return facts ? [[lane, facts]] : [];
    }));
  }

  /** Says of a lane in a few words what it does. */
  say(lane: Lane, fate: string): void {
    this.#views.get(lane)?.say(fate);
  }

  /** Shows how far a heat is. */
  heat(lane: Lane, counts: Counts): void {
    this.#views.get(lane)?.heat(counts);
  }

  /** Takes what has ended of a lane that is shown live. */
  live(lane: Lane, spans: readonly Span[], inFlight: number): void {
    this.#of(lane).add(spans, inFlight);
  }

  /** Takes what a lane came to. It is shown when the show begins. */
  end(lane: Lane, spans: readonly Span[], facts: RunFacts): void {
    this.#of(lane).end(spans, facts);
  }

  /** Begins: from now on, what was recorded is shown. */
  begin(): void {
    this.#hasBegun = true;
    this.anatomies();
  }

  /** Shows what each lane is made of, as far as it is known. */
  anatomies(): void {
    for (const [lane, view] of this.#views) view.anatomy(this.#recordings.get(lane)?.facts);
  }

  /** Shows a moment of all lanes; before it has begun, that there is nothing yet. */
  draw(ms: number): void {
    this.#measureAxis();
    if (!this.#hasBegun) {
      for (const view of this.#views.values()) view.blank();
      return;
    }
    const simple = this.#recordings.get("simple");
    const pace = simple?.facts ?? (simple && { done: simple.at(Infinity).arrived, seconds: simple.endMs / 1_000 });
    for (const [lane, view] of this.#views) view.show(this.#recordings.get(lane) ?? new Recording(), ms, pace);
  }

  /** Takes up a change of the size or the colours. */
  refresh(ms: number): void {
    for (const view of this.#views.values()) view.refresh();
    this.draw(ms);
  }

  #of(lane: Lane): Recording {
    const recording = this.#recordings.get(lane) ?? new Recording();
    this.#recordings.set(lane, recording);
    return recording;
  }

  /** The slowest is `simple`; until it has ended, it is known what it takes at least. */
  #measureAxis(): void {
    const { pages, delayMs } = this.#choice;
    const least = this.#recordings.get("simple")?.facts ? 0 : pages * delayMs;
    const endMs = Math.max(least, this.endMs, 1) * 1.01;
    if (endMs === this.#axis.endMs) return;
    this.#axis.endMs = endMs;
    this.#axis.label(this.#ticks);
  }
}
