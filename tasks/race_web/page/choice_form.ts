/// <reference lib="dom" />
/**
 * What can be chosen: how many pages, and how long the website waits.
 *
 * @module
 */

import { formatCount } from "../../../lib/core/format_count.ts";
import { type Choice, DEFAULT_DELAY, DELAY_CHOICES, PAGE_CHOICES, readChoice } from "../choices.ts";
import { make } from "./dom.ts";
import { sayDelay } from "./words.ts";

/** The form. */
export class ChoiceForm {
  readonly #form: HTMLFormElement;
  readonly #fieldset = make("fieldset");
  readonly #delays = make("select");

  /**
   * Fills the form, as `?pages=10000&delay=500` in the address says if it does.
   *
   * @param form The form.
   * @param chosen Called when something else is chosen.
   */
  constructor(form: HTMLFormElement, chosen: (choice: Choice) => void) {
    this.#form = form;
    const query = new URLSearchParams(location.search);
    const pages = PAGE_CHOICES.find((pages) => String(pages) === query.get("pages")) ?? PAGE_CHOICES[0];
    const delay = DELAY_CHOICES.find((delay) => String(delay) === query.get("delay")) ?? DEFAULT_DELAY[pages];
    this.#fieldset.append(
      make("legend", "", "How many pages"),
      ...PAGE_CHOICES.map((choice) => {
        const input = make("input");
        Object.assign(input, { type: "radio", name: "pages", value: String(choice), checked: choice === pages });
        input.onchange = () => {
          this.#delays.value = String(DEFAULT_DELAY[choice]);
          chosen(this.choice);
        };
        return make("label", "", input, `${formatCount(choice)} pages`);
      }),
    );
    this.#delays.append(...DELAY_CHOICES.map((choice) => {
      const option = make("option", "", sayDelay(choice));
      option.value = String(choice);
      return option;
    }));
    this.#delays.value = String(delay);
    this.#delays.onchange = () => chosen(this.choice);
    form.prepend(this.#fieldset, make("label", "delay", "The website waits ", this.#delays));
  }

  /** What is chosen. */
  get choice(): Choice {
    const pages = new FormData(this.#form).get("pages") ??
      this.#form.querySelector<HTMLInputElement>(":checked")?.value;
    const choice = readChoice({ pages: Number(pages), delayMs: Number(this.#delays.value) });
    if (!choice) throw new Error("The form offers what can't be chosen");
    return choice;
  }

  /** Whether something else may be chosen. */
  set isEnabled(isEnabled: boolean) {
    this.#fieldset.disabled = this.#delays.disabled = !isEnabled;
  }

  /** Calls something when the form is submitted, which sends it nowhere. */
  onSubmit(submitted: () => void): void {
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      submitted();
    };
  }
}
