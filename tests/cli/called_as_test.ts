import { assertEquals } from "@std/assert";
import { calledAs } from "../../lib/cli/called_as.ts";
import type { Flag } from "../../lib/cli/flags.ts";
import { parseCommandLine } from "../../lib/cli/parse_flags.ts";
import { runFlags } from "../../lib/cli/run_flags.ts";
import { STRATEGIES, TITLES } from "../../tasks/strategies.ts";

Deno.test("calledAs() is the script, or where it is installed the command", () => {
  assertEquals(calledAs(STRATEGIES.download, false).script, "deno run -A download.ts");
  assertEquals(calledAs(STRATEGIES.simple).script, "deno run -A simple.ts");
  assertEquals(calledAs(STRATEGIES.download, true).script, "download-stuff");
});

Deno.test("calledAs() knows which flags a URL may follow, as the command line is read", () => {
  for (const title of TITLES) {
    const { switches } = calledAs(STRATEGIES[title]);
    const flags = runFlags(STRATEGIES[title]);
    for (const [name, flag] of Object.entries(flags)) {
      const anything: Flag = { ...flag, parse: () => undefined };
      const { words } = parseCommandLine([`--${name}`, "http://a.test/1"], { [name]: anything });
      assertEquals(words.length === 1, switches.has(`--${name}`), `${title} --${name}`);
    }
  }
});
