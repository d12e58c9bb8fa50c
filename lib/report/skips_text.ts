/**
 * Why downloads were skipped, in words.
 *
 * @module
 */

import { formatCount } from "../core/format_count.ts";
import type { Summary } from "../metrics/summary.ts";

/**
 * Says how many were skipped for each reason.
 *
 * @param summary What the run came to.
 * @returns For example `5 were there already` and `1 hasn't changed`; nothing if none was skipped.
 */
export function skipsText(
  { skipped, duplicates, unchanged = 0, unwanted = 0 }: Pick<
    Summary,
    "skipped" | "duplicates" | "unchanged" | "unwanted"
  >,
): string[] {
  const say = (count: number, one: string, several: string) =>
    count > 0 ? [`${formatCount(count)} ${count === 1 ? one : several}`] : [];
  return [
    ...say(skipped - duplicates - unchanged - unwanted, "was there already", "were there already"),
    ...say(unchanged, "hasn't changed", "haven't changed"),
    ...say(unwanted, "isn't wanted", "aren't wanted"),
    ...say(duplicates, "was listed before", "were listed before"),
  ];
}
