/**
 * The manual pages of the installed command, from what `--help` says: `deno task man > download-stuff.1`.
 *
 * @module
 */

import { asInstalled } from "../lib/cli/about_command.ts";
import { COMMAND } from "../lib/cli/completions.ts";
import { manPage } from "../lib/cli/man_page.ts";
import { runHelp } from "../lib/cli/run_help.ts";
import { PROJECT_VERSION } from "../lib/cli/version.ts";
import { download } from "../download.ts";
import { HELP_TEXT } from "../site/command/help.ts";

/** The pages by the names of their files, without the folder. */
export function manPages(): Record<string, string> {
  const server = `${COMMAND}-server`;
  return {
    [`${COMMAND}.1`]: manPage({
      ...asInstalled(runHelp(download)),
      name: COMMAND,
      short: "download every URL of a list, or say why not",
      version: PROJECT_VERSION,
      seeAlso: [server],
    }),
    [`${server}.1`]: manPage({
      ...asInstalled(HELP_TEXT, "server"),
      name: server,
      short: "a website as slow or broken as a downloader under test needs it",
      version: PROJECT_VERSION,
      seeAlso: [COMMAND],
    }),
  };
}

if (import.meta.main) {
  const page = manPages()[`${[COMMAND, ...Deno.args].join("-")}.1`];
  if (page === undefined) {
    console.error(`man: there is no page of "${Deno.args.join(" ")}"; say nothing for ${COMMAND}, or server`);
    Deno.exit(2);
  }
  console.log(page.trimEnd());
}
