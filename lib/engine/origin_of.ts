/**
 * Where a body is from, for who finds it among others in a shard.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { jsonLine } from "../core/printable.ts";
import { reportLine } from "../core/report_line.ts";
import { modifiedAt } from "../disk/file_version.ts";
import type { SaveTarget } from "../disk/save_target.ts";
import type { Attempt } from "./attempt.ts";
import { byFirstUrl } from "./mirrors.ts";

/**
 * Says where a body is from, and when it was modified.
 *
 * @param response The answer that it comes with.
 * @param attempt The attempt that has brought it.
 */
export async function originOf(
  response: Answer,
  attempt: Attempt,
): Promise<Pick<SaveTarget, "describe" | "exchanges" | "modifiedMs">> {
  return {
    exchanges: (await attempt.session.exchanges)?.of(attempt),
    modifiedMs: modifiedAt(response),
    describe(saved) {
      const outcome = { ...attempt.facts("done", performance.now() - attempt.startedAt), ...saved };
      const { original } = attempt.job;
      return jsonLine(reportLine(original === undefined ? outcome : byFirstUrl(original, outcome)));
    },
  };
}
