/**
 * Where the demonstration's URLs come from: the pages `/0` to `/n-1` of one website.
 *
 * @module
 */

import type { Download } from "../core/download.ts";

/**
 * The numbered pages of a website, made one by one as they are asked for.
 *
 * @param base The URL that the numbers are appended to, with or without a slash at its end. Its query, if any, is kept.
 * @param trials How many pages: `/0` to `/trials - 1`.
 * @returns The pages, each with the number it must answer.
 */
export function* numberedPages(base: string, trials: number): Generator<Download, void> {
  const url = new URL(base);
  const { search } = url;
  url.search = url.hash = "";
  const prefix = url.href.replace(/\/*$/, "/");
  for (let expected = 0; expected < trials; expected++) yield { url: `${prefix}${expected}${search}`, expected };
}
