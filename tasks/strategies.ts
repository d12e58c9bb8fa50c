/**
 * The five strategies, from the slowest to the fastest.
 *
 * @module
 */

import { async } from "../async.ts";
import { download } from "../download.ts";
import type { Strategy } from "../lib/engine/strategy.ts";
import { optimized } from "../optimized.ts";
import { simple } from "../simple.ts";
import { threaded } from "../threaded.ts";

/** What a strategy is called. */
export type Title = (typeof TITLES)[number];

/** Their names, in the order in which they are shown. */
export const TITLES = ["simple", "threaded", "async", "optimized", "download"] as const;

/** The strategies by name. */
export const STRATEGIES: Record<Title, Strategy> = { simple, threaded, async, optimized, download };
