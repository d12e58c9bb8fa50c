/**
 * What there is to say about `server.ts` and its flags: for `--help`, completions and the manual page.
 *
 * @module
 */

import { aboutCommand, type Asked } from "../../lib/cli/about_command.ts";
import type { Help } from "../../lib/cli/help_text.ts";
import { FLAGS } from "./flags.ts";

/** What `--help` says. */
export const HELP_TEXT: Help = {
  usage: "deno run -A server.ts [flags]",
  about: "A slow website: GET /{n} waits, then answers the integer n, or misbehaves as it is asked to.",
  flags: FLAGS,
  examples: [
    ["deno run -A server.ts --delay 50ms", "answers after 50 ms"],
    ["deno run -A server.ts --failure-rate 0.1 --seed 7", "answers 503 to one request in ten, the same ones each time"],
    ["deno run -A server.ts --requests-per-second 20", "answers 429 to those beyond"],
    [
      "deno run -A server.ts --upstream http://127.0.0.1:3000 --rate 10000",
      "answers with the pages of that server, 10,000 bytes per second",
    ],
  ],
};

/**
 * What the server prints about itself in place of serving.
 *
 * @param asked What to print: completions, the version, or else the help text.
 */
export function aboutServer(asked: Asked): string {
  return aboutCommand(HELP_TEXT, asked, "server");
}
