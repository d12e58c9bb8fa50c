/**
 * Sends download.ts against every fault of the slow website, with 1,000 pages each, and compares every file.
 *
 *     deno task faults                   1,000 pages each; 50 where they are large, to be resumed
 *     deno task faults --count 100
 *
 * @module
 */

import { HELP, integerFlag } from "../lib/cli/flags.ts";
import { command } from "./command.ts";
import { FAULT_CASES } from "./faults/cases.ts";
import { downloadAll } from "./faults/download_all.ts";

const flags = {
  count: integerFlag({ min: 1, default: 1_000, about: "pages with each fault" }),
  resumed: integerFlag({ min: 1, default: 50, about: "pages of 2.5 MB each that break off and are resumed" }),
  help: HELP,
};

const about =
  "download.ts against every fault of the slow website: no wrong byte is done, and failures have the right name.";

Deno.exit(
  await command(Deno.args, { task: "faults", about, flags }, async ({ count, resumed }) => {
    let problems = 0;
    for (const http of [1, 2] as const) {
      for (const fault of FAULT_CASES) {
        if (fault.digest || (http === 2 && fault.tls)) continue;
        for (const digests of [false, true]) {
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
    }
    return problems > 0 ? 1 : 0;
  }),
);
