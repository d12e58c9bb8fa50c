/**
 * Which kinds of content are wanted, by what servers say of theirs (Content-Type, RFC 9110 §8.3): so that a page that says
 * "not found" with status 200 isn't saved as an image.
 *
 * @module
 */

import type { AnswerHeaders } from "../core/answer.ts";

/** What is wanted. */
export interface MediaTypes {
  /** Patterns of the types that are wanted. Default: all are. */
  accept: readonly string[];
  /** Patterns of the types that aren't, even if they are among those. Default: none. */
  reject: readonly string[];
}

/** Looks at the types of answers. */
export class MediaFilter {
  readonly #accept: RegExp | undefined;
  readonly #reject: RegExp | undefined;

  /**
   * Reads the patterns.
   *
   * @param types What is wanted.
   */
  constructor({ accept, reject }: MediaTypes) {
    this.#accept = accept.length === 0 ? undefined : matcher(accept);
    this.#reject = reject.length === 0 ? undefined : matcher(reject);
  }

  /**
   * Says why an answer isn't wanted.
   *
   * @param headers Its headers. If they name several types, all must be wanted.
   * @returns What it is, in words; undefined if it is wanted. What names no type is none of those that are wanted, and none of
   * those that aren't.
   */
  refuses(headers: AnswerHeaders): string | undefined {
    const said = headers.get("content-type") ?? "";
    const types = said.split(",").map((each) => each.split(";", 1)[0].trim()).filter((each) => each !== "");
    if (types.some((type) => this.#reject?.test(type))) return `its type is ${quoted(said)} (--reject)`;
    if (this.#accept === undefined) return undefined;
    if (types.length === 0) return "it names no type (--accept)";
    return types.every((type) => this.#accept?.test(type)) ? undefined : `its type is ${quoted(said)} (--accept)`;
  }
}

function matcher(patterns: readonly string[]): RegExp {
  const each = patterns.map((pattern) =>
    pattern.split("*").map((text) => text.replace(/[^\w/]/g, "\\$&")).join("[^/]*")
  );
  return new RegExp(`^(?:${each.join("|")})$`, "i");
}

function quoted(type: string): string {
  return JSON.stringify(type.slice(0, 60));
}
