/// <reference lib="dom" />
/**
 * A lane on the page: its name and idea, what it is made of, its requests, and how far it is.
 *
 * @module
 */

import { formatCount } from "../../../lib/core/format_count.ts";
import { formatSeconds } from "../../../lib/core/format_seconds.ts";
import { ANATOMY, drawAnatomy } from "../../../lib/report/anatomy.ts";
import type { Choice, Lane } from "../choices.ts";
import type { Counts, RunFacts } from "../events.ts";
import type { Axis } from "./axis.ts";
import { make } from "./dom.ts";
import { Field } from "./field.ts";
import { Recording } from "./recording.ts";
import { extrapolatedSeconds, factor, type Pace } from "./speed.ts";
import { Staircase } from "./staircase.ts";
import { count, IDEAS, NAMES, sayRoughly, times } from "./words.ts";

/** A lane on the page. */
export class LaneView {
  /** What stands on the page. */
  readonly element: HTMLElement;
  readonly #lane: Lane;
  readonly #picture: Field | Staircase;
  readonly #parts = make("div", "anatomy");
  readonly #arrived = make("b", "arrived-count", "0");
  readonly #took = make("span", "took");
  readonly #fate = make("span", "fate");

  /**
   * Puts a lane on the page.
   *
   * @param stage Where it is put, at the end.
   * @param lane Whose it is.
   * @param choice What is raced over.
   * @param axis The times that it is drawn over.
   */
  constructor(stage: HTMLElement, lane: Lane, { pages }: Choice, axis: Axis) {
    this.#lane = lane;
    const canvas = make("canvas");
    canvas.setAttribute("aria-hidden", "true"); // what it shows stands beside it in numbers
    this.element = make(
      "article",
      "lane",
      make("div", "", make("h2", "", NAMES[lane]), make("p", "idea", IDEAS[lane]), this.#parts),
      canvas,
      make(
        "p",
        "read",
        this.#arrived,
        make("span", "of", `of ${count(pages, "page")}`),
        make("br"),
        this.#took,
        this.#fate,
      ),
    );
    this.element.style.setProperty("--ink", `var(--${lane})`);
    stage.append(this.element);
    this.#picture = pages > 100 ? new Field(canvas, pages) : new Staircase(canvas, pages, axis);
    this.anatomy(undefined);
  }

  /** Says in a few words what it waits for, or does. */
  say(fate: string): void {
    if (this.#fate.textContent !== fate) this.#fate.textContent = fate;
  }

  /** Shows how far its heat is, of which no more is known yet. */
  heat(counts: Counts): void {
    this.#arrived.textContent = formatCount(counts.done);
    if (this.#picture instanceof Field) this.#picture.drawCounts(counts);
  }

  /** Shows what it is made of, as far as that is known. */
  anatomy(facts: RunFacts | undefined): void {
    const { isolates, connections, mostInFlight } = facts ?? {};
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", `0 0 ${ANATOMY.width} ${ANATOMY.height}`);
    drawing.setAttribute("aria-hidden", "true");
    this.#parts.hidden = mostInFlight === undefined;
    if (mostInFlight) drawing.innerHTML = drawAnatomy({ isolates: isolates ?? 1, connections, inFlight: mostInFlight });
    const part = (number: number | undefined, word: string, other = `${word}s`) =>
      make("span", "", make("b", "", number === undefined ? "–" : formatCount(number)), number === 1 ? word : other);
    this.#parts.replaceChildren(
      drawing,
      make(
        "p",
        "parts",
        part(isolates, "isolate"),
        part(connections, "connection"),
        part(mostInFlight, "in flight", "in flight"),
      ),
    );
  }

  /** Shows that there is nothing yet. */
  blank(): void {
    this.#picture.draw(new Recording(), 0);
  }

  /**
   * Shows a moment of it.
   *
   * @param recording Its requests.
   * @param ms The moment.
   * @param simple How fast `simple` is so far, if that is known.
   */
  show(recording: Recording, ms: number, simple: Pace | undefined): void {
    this.#picture.draw(recording, ms);
    const { arrived, failed, inFlight } = recording.at(ms);
    this.#arrived.textContent = formatCount(arrived);
    const { facts } = recording;
    const isOver = facts !== undefined && ms >= recording.endMs;
    this.element.classList.toggle("over", isOver);
    if (isOver) this.#end(facts, simple);
    else this.say(`${failed > 0 ? `${formatCount(failed)} failed, ` : ""}${formatCount(inFlight)} in flight`);
    this.#fate.classList.toggle("failed", failed > 0);
  }

  /** Takes up a change of the size or the colours. */
  refresh(): void {
    this.#picture.refresh();
  }

  #end(facts: RunFacts, simple: Pace | undefined): void {
    const much = this.#lane === "simple" ? undefined : factor(facts, simple);
    const seconds = extrapolatedSeconds(facts);
    this.#took.textContent = [
      seconds !== undefined ? `≈ ${sayRoughly(seconds)}` : facts.stopped ? "stopped" : formatSeconds(facts.seconds),
      ...much === undefined ? [] : [`${times(much)}×`],
    ].join(" · ");
    this.#took.classList.toggle("extrapolated", facts.stopped);
    const failed = facts.failed > 0 ? `${formatCount(facts.failed)} failed` : "";
    const rest = seconds === undefined ? "" : "; the rest is extrapolated";
    const stopped = facts.stopped ? `stopped after ${formatSeconds(facts.seconds)}${rest}` : "";
    this.say([failed, stopped].filter(Boolean).join(", "));
  }
}
