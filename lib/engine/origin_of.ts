/**
 * Where a body is from, for who finds it among others in a shard.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import { splitCredentials } from "../core/credentials.ts";
import type { Done } from "../core/outcome.ts";
import { jsonLine } from "../core/printable.ts";
import { reportLine } from "../core/report_line.ts";
import { modifiedAt } from "../disk/file_version.ts";
import type { SaveTarget } from "../disk/save_target.ts";
import type { Attempt } from "./attempt.ts";

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
    describe: (saved) => jsonLine(reportLine({ ...factsOf(attempt), ...saved })),
  };
}

/** What a report says of it, as far as that is known while it is saved. Of several URLs, the first is the download's. */
function factsOf(attempt: Attempt): Done {
  const facts = attempt.facts("done", performance.now() - attempt.startedAt);
  const { original } = attempt.job;
  const url = original === undefined ? facts.url : splitCredentials(original).url;
  return url === facts.url ? facts : { ...facts, url, from: facts.url };
}
