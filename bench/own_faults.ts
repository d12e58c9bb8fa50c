/**
 * Sends download.ts against every fault of the slow website, with 1,000 pages each, and compares every file.
 *
 *     deno task faults                   1,000 pages each; 50 where they are large, to be resumed
 *     deno task faults --count 100
 *     deno task faults --only HTTP/2
 *
 * @module
 */

import { HELP, integerFlag, textFlag } from "../lib/cli/flags.ts";
import { CommandError } from "../lib/core/errors.ts";
import { command } from "./command.ts";
import { FAULT_CASES } from "./faults/cases.ts";
import { downloadAll } from "./faults/download_all.ts";
import { OWN_CASES, waysOf } from "./faults/own_cases.ts";

const flags = {
  count: integerFlag({ min: 1, default: 1_000, about: "pages with each fault" }),
  resumed: integerFlag({ min: 1, default: 50, about: "pages of 2.5 MB each that break off and are resumed" }),
  only: textFlag({ value: "TEXT", default: "", defaultText: "all", about: "cases with this in their name" }),
  help: HELP,
};

const about =
  "download.ts against every fault of the slow website: no wrong byte is done, and failures have the right name.";

Deno.exit(
  await command(Deno.args, { task: "faults", about, flags }, async ({ count, resumed, only }) => {
    let problems = 0;
    const tried = [...FAULT_CASES, ...OWN_CASES].filter(({ name }) => name.includes(only));
    if (tried.length === 0) throw new CommandError(`no case has "${only}" in its name`);
    for (const fault of tried) {
      for (const { http, digests } of waysOf(fault)) {
        const pages = fault.resumed ? resumed : count;
        const { ends, wrong, problem } = await downloadAll(fault, { count: pages, http, digests });
        if (problem) problems++;
        const said = Object.entries(ends).map(([end, times]) => `${times} ${end}`).join(", ");
        const lost = wrong > 0 ? `, ${wrong} of them wrong` : "";
        const withDigests = digests ? ", digests" : "";
        console.log(
          `${problem ? "NOT" : "ok "}  HTTP/${http} ${fault.name}${withDigests}: ${said}${lost}${
            problem ? `: ${problem}` : ""
          }`,
        );
      }
    }
    return problems > 0 ? 1 : 0;
  }),
);
