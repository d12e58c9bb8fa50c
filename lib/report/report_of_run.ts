/**
 * The report of a script's run: what the page needs, and how to get again what failed.
 *
 * @module
 */

import type { Recorded } from "../metrics/summary.ts";
import type { Condition } from "./conditions.ts";
import type { Again } from "./html_failures.ts";
import type { ReportData } from "./html_report.ts";
import { retryCommand } from "./retry_command.ts";

/** What there is to say about a run besides what it came to. */
export interface RunFacts {
  /** The strategy's idea. */
  about: string;
  /** How the script is called, without its arguments. */
  script: string;
  /** The arguments, without passwords. */
  args: readonly string[];
  /** What was downloaded. */
  things: "pages" | "files" | "URLs";
  /** Where it came from. */
  from: Condition;
  /** The list of what failed, if there is one. Default: none. */
  failed?: string;
  /** Connections that the website counted. Default: what the run has counted itself, if anything. */
  connections?: number;
}

/**
 * Puts together what a report says.
 *
 * @param run What the run came to.
 * @param facts How it was called, and what it was about.
 * @returns What `htmlReport()` takes.
 */
export function reportOfRun(run: Recorded, facts: RunFacts): ReportData {
  const { about, script, args, things, from, failed, connections = run.connections } = facts;
  return {
    title: `Downloading with ${run.strategy}`,
    results: [{ about, summary: { ...run, connections } }],
    conditions: [["Command", [script, ...args].join(" ")], from],
    things,
    again: run.failed > 0 ? againOf(script, args, failed) : undefined,
  };
}

function againOf(script: string, args: readonly string[], failed: string | undefined): Again {
  return failed === undefined
    ? {
      about: "To get them again, run it with a list of what fails, and then that list:",
      command: [
        [script, ...args, "--failed", "failed.ndjson"].join(" "),
        retryCommand(script, args, "failed.ndjson"),
      ].join("\n"),
    }
    : { about: `They are in ${failed}. To get them again:`, command: retryCommand(script, args, failed) };
}
