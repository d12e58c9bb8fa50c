/**
 * What a robots.txt says (RFC 9309): which paths of its website a program may ask for, and how fast.
 *
 * @module
 */

import { RETRY_AFTER_MOST_MS } from "./retry_after.ts";

/** Bytes that are read of a robots.txt: as many as §2.5 asks for at least. */
export const MOST_ROBOTS_BYTES = 500 * 1_024;

/** What may be asked for. Made of what a file says to one program; the rest isn't kept. */
export interface RobotsRules {
  /**
   * Says whether a path may be asked for.
   *
   * @param path The path of a URL, with its query.
   */
  allows(path: string): boolean;
  /** Milliseconds between two requests, at most five minutes; 0 if it doesn't say. */
  readonly delayMs: number;
  /** About how many bytes it takes. */
  readonly size: number;
}

/** A rule: what a path begins with, if there is no wildcard in it. */
interface Rule {
  /** What comes between its wildcards. */
  pieces: readonly string[];
  /** Whether the path must end with it. */
  isWhole: boolean;
  /** By which the longest one counts (§2.2.2). */
  length: number;
  isAllowed: boolean;
}

/** The rules for one program, or for all. */
interface Group {
  rules: Rule[];
  delayMs: number;
}

/** A line that belongs to a group. Others, such as Sitemap, are no part of any, and don't end one (§2.2.4). */
const LINE = /^[ \t]*(user-agent|allow|disallow|crawl-delay)[ \t]*:[ \t]*([^#]*)/i;

/** What a program is called by (§2.2.1). */
const PRODUCT = /^[a-z_-]+/i;

/**
 * The name that rules are looked up by.
 *
 * @param userAgent What a program sends as User-Agent: `MyBot/1.0 (...)`.
 * @returns Its first product, `mybot`; empty if there is none, so that only rules for all hold.
 */
export function productOf(userAgent: string): string {
  return PRODUCT.exec(userAgent.trim())?.[0].toLowerCase() ?? "";
}

/**
 * Reads a robots.txt.
 *
 * @param text What is in it. Lines that say nothing are skipped (§2.2), as is whatever it may be instead.
 * @param product Who asks, from {@linkcode productOf}.
 * @returns What it says to that program.
 */
export function readRobots(text: string, product: string): RobotsRules {
  const own: Group = { rules: [], delayMs: 0 };
  const all: Group = { rules: [], delayMs: 0 };
  let isFound = false;
  /** The groups that the lines are for now; several may be for the same program (§2.2.1). */
  let groups: Group[] = [];
  let isNaming = false;
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)) {
    const [, field, said] = LINE.exec(line) ?? [];
    if (field === undefined) continue;
    const value = said.trim();
    if (field.toLowerCase() === "user-agent") {
      if (!isNaming) groups = [];
      isNaming = true;
      if (value.startsWith("*")) groups.push(all);
      else if (product !== "" && PRODUCT.exec(value)?.[0].toLowerCase() === product) {
        groups.push(own);
        isFound = true;
      }
      continue;
    }
    isNaming = false;
    for (const group of groups) note(group, field.toLowerCase(), value);
  }
  return new Rules(isFound ? own : all);
}

function note(group: Group, field: string, value: string): void {
  if (field === "crawl-delay") {
    const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : 0;
    group.delayMs = Math.min(Math.max(group.delayMs, ms), RETRY_AFTER_MOST_MS);
  } else if (value !== "") group.rules.push(ruleOf(value, field === "allow"));
}

function ruleOf(value: string, isAllowed: boolean): Rule {
  const isWhole = value.endsWith("$");
  const pieces = (isWhole ? value.slice(0, -1) : value).split(/\*+/).map((piece) => comparable(piece));
  return { pieces, isWhole, length: pieces.join("*").length + (isWhole ? 1 : 0), isAllowed };
}

class Rules implements RobotsRules {
  readonly delayMs: number;
  readonly size: number;
  readonly #rules: readonly Rule[];

  constructor({ rules, delayMs }: Group) {
    this.delayMs = delayMs;
    this.size = rules.reduce((size, { length }) => size + 2 * length + 100, 100);
    // The longest one counts, and of two that are as long the one that allows (§2.2.2): so the first that matches does
    this.#rules = rules.sort((a, b) => b.length - a.length || Number(b.isAllowed) - Number(a.isAllowed));
  }

  allows(path: string): boolean {
    const asked = comparable(path);
    if (asked === "/robots.txt") return true; // §2.2.2
    return this.#rules.find((rule) => matches(rule, asked))?.isAllowed ?? true;
  }
}

/** Looks for the pieces one after another, which takes as long as the path is, whatever the wildcards are. */
function matches({ pieces, isWhole }: Rule, path: string): boolean {
  const [first, ...others] = pieces;
  if (!path.startsWith(first)) return false;
  const last = isWhole ? others.pop() : undefined;
  let at = first.length;
  for (const piece of others) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  if (!isWhole) return true;
  return last === undefined ? at === path.length : path.length - last.length >= at && path.endsWith(last);
}

/**
 * A path, or a part of a rule, so that what means the same is the same (§2.2.2): characters that needn't be encoded aren't,
 * all others are, in capitals. `*` and `$` are encoded: those of a rule that aren't mean something else.
 */
function comparable(text: string): string {
  return text.replace(/%[0-9A-Fa-f]{2}|[^0-9A-Za-z_.~!&'()+,;=:@/?%-]/gu, (part) => {
    if (!part.startsWith("%")) return encoded(part);
    const character = String.fromCharCode(parseInt(part.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : part.toUpperCase();
  });
}

function encoded(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => {
    return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
