/**
 * Makes one program of everything, Deno included: `deno task compile`.
 *
 *     deno task compile                                 for this system
 *     deno task compile --target aarch64-apple-darwin   for another
 *
 * Deno downloads what it puts the program into (denort) from dl.deno.land, once for each system.
 *
 * @module
 */

import { COMMAND } from "../lib/cli/completions.ts";
import { command } from "../lib/cli/command.ts";
import { choiceFlag, HELP, textFlag } from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { print } from "../lib/core/print.ts";

/** Modules that are only named in code, so that Deno doesn't find them by itself. */
export const INCLUDED = [
  "lib/cli/queue_run.ts",
  "lib/engine/traced_download.ts",
  "lib/engine/traced_run.ts",
  "lib/engine/worker_main.ts",
  "lib/metrics/timeline.ts",
  "lib/report/html_report.ts",
  "lib/source/parquet_list.ts",
  "lib/storage/bucket.ts",
  "lib/storage/bucket_contents.ts",
  "lib/storage/upload_notes.ts",
];

/** The systems that Deno makes programs for. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
];

const FLAGS = {
  target: choiceFlag({ about: "the system that it is for", choices: TARGETS, defaultText: "this one" }),
  output: textFlag({ short: "o", about: "the program to write", value: "FILE", default: COMMAND }),
  help: HELP,
};

const HELP_TEXT = {
  usage: "deno task compile [flags]",
  about: "Makes one program of everything, Deno included.",
  flags: FLAGS,
};

async function compile(args: readonly string[]): Promise<number> {
  const { help, target, output } = parseFlags(args, FLAGS);
  if (help) {
    print(helpText(HELP_TEXT));
    return 0;
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "-A", "-o", output],
      ...target === undefined ? [] : ["--target", target],
      ...INCLUDED.flatMap((file) => ["--include", file]),
      "tasks/program.ts",
    ],
    cwd: new URL("../", import.meta.url),
  }).spawn().status;
  return code;
}

if (import.meta.main) Deno.exit(await command("compile", () => compile(Deno.args)));
