/**
 * Where downloads come from, and where what became of them goes.
 *
 * @module
 */

import type { Download } from "./download.ts";
import type { Outcome } from "./outcome.ts";

/** A URL, or a URL with what is known about it. */
export type Item = string | Download;

/**
 * Where downloads come from, one by one or in batches. Read lazily: nothing is pulled before a lane wants it, or before it
 * is known that no host of what was pulled may be asked now.
 */
export type Source = Iterable<Item | readonly Item[]> | AsyncIterable<Item | readonly Item[]>;

/**
 * Called once with every outcome.
 *
 * @param outcome How a download ended.
 * @param download What was to be downloaded, as the source said it.
 */
export type Report = (outcome: Outcome, download: Download) => void;
