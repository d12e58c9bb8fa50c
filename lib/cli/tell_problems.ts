/**
 * What went wrong in a run, on standard error.
 *
 * @module
 */

import { tell } from "../core/print.ts";
import { problemLines, type SummaryFacts } from "../report/summary_text.ts";

/**
 * Says it, in the colour of failures. Where nothing went wrong, no colour is looked for.
 *
 * @param summary What the run came to.
 */
export async function tellProblems(summary: SummaryFacts): Promise<void> {
  const problems = problemLines(summary);
  if (problems.length === 0) return;
  const { painter } = await import("../core/paint.ts");
  const paint = painter(Deno.stderr);
  for (const line of problems) tell(line, (text) => paint(text, "failed"));
}
