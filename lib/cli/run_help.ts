/**
 * What a script's `--help` says.
 *
 * @module
 */

import type { StrategyTraits } from "../engine/strategy.ts";
import type { Help } from "./help_text.ts";
import { runFlags } from "./run_flags.ts";

/**
 * What `--help` says of a script.
 *
 * @param strategy What the script downloads with.
 */
export function runHelp(strategy: StrategyTraits): Help {
  const script = `deno run -A ${strategy.title}.ts`;
  return {
    usage: `${script} [URL...] [flags]`,
    about: `Downloads many pages, or the files of a list: ${strategy.about}.`,
    flags: runFlags(strategy),
    examples: [
      [`${script} --trials 20`, "20 pages of a slow website, which is started if none is running"],
      [`${script} --url http://127.0.0.1:8000/ --html report.html`, "pages of this website, and a report with charts"],
      [`${script} https://example.com/a.zip -o files`, "this file, into the folder files"],
      [
        `${script} -i urls.txt -o files`,
        "every URL of a list, each into a file; run again, it gets only what is missing",
      ],
    ],
    exitCodes: [
      [0, "everything was downloaded, or already there"],
      [1, "something failed, or a line of the list isn't a URL"],
      [2, "wrong command line, or a list that can't be read or has no URLs"],
      [3, "a file can't be written"],
      [129, "ended by a hangup (SIGHUP); requests in flight are aborted"],
      [130, "ended by Ctrl-C (SIGINT)"],
      [143, "ended by SIGTERM"],
    ],
  };
}
