import { assert, assertEquals } from "@std/assert";
import { runHelp } from "../../lib/cli/run_help.ts";
import { STRATEGIES, TITLES } from "../../tasks/strategies.ts";

/** What stands at the left edge of a help text, with a colon: its groups. */
const groupsOf = (help: string) => help.split("\n").filter((line) => /^[A-Z].*:$/.test(line));

/** The flags of a help text, by group. */
const flagsOf = (help: string) => [...help.matchAll(/^ +(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => name);

Deno.test("--help has the same groups in the same order in all five scripts", () => {
  for (const title of TITLES) {
    assertEquals(groupsOf(runHelp(STRATEGIES[title])), [
      "Usage:",
      "Pages of a website:",
      "URLs, or a list of them, instead:",
      "Limits and retries:",
      "Requests:",
      ...title === "download" ? ["Many machines:"] : [], // only over connections of our own
      "Output:",
      "Metrics:",
      "Examples:",
      "Exit codes:",
    ]);
  }
});

Deno.test("--help has the flags that scripts share in the same order", () => {
  const all = flagsOf(runHelp(STRATEGIES.optimized));
  for (const title of TITLES) {
    const flags = flagsOf(runHelp(STRATEGIES[title]));
    assert(flags.length > 20);
    assertEquals(flags.filter((name) => all.includes(name)), all.filter((name) => flags.includes(name)), title);
  }
});
