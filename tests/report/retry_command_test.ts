import { assertEquals } from "@std/assert";
import { download } from "../../download.ts";
import type { Flag } from "../../lib/cli/flags.ts";
import { runFlags } from "../../lib/cli/run_flags.ts";
import { retryCommand } from "../../lib/report/retry_command.ts";

const CASES: [args: string[], command: string][] = [
  [["-i", "urls.txt", "-o", "files", "--failed", "failed.ndjson"], "-o files --failed failed.ndjson"],
  [["--input=urls.txt", "--output=files"], "--output=files --failed failed.ndjson"],
  [["http://a.test/1", "http://a.test/2", "-o", "files"], "-o files --failed failed.ndjson"],
  [["-i", "urls.txt", "--strict", "--rate", "5", "--quiet", "-j8"], "--rate 5 --quiet -j8 --failed failed.ndjson"],
  [["--quiet", "http://a.test/1"], "--quiet --failed failed.ndjson"],
  [["-", "-o", "my files"], "-o 'my files' --failed failed.ndjson"],
  [["--url", "http://a.test/", "--trials=9", "--json"], "--json --failed failed.ndjson"],
];

for (const [args, command] of CASES) {
  Deno.test(`retryCommand() after ${args.join(" ")}`, () => {
    assertEquals(
      retryCommand("deno run -A download.ts", args, "failed.ndjson"),
      `deno run -A download.ts -i failed.ndjson ${command}`,
    );
  });
}

Deno.test("retryCommand() takes no URL for the value of a flag that has none", () => {
  const switches = Object.entries<Flag>(runFlags(download)).filter(([, { value }]) => value === undefined);
  for (const [name] of switches) {
    if (["strict", "help", "status", "watch"].includes(name)) continue; // no run that has them ends with such a command
    assertEquals(
      retryCommand("deno run -A download.ts", [`--${name}`, "http://a.test/1"], "failed.ndjson"),
      `deno run -A download.ts -i failed.ndjson --${name} --failed failed.ndjson`,
    );
  }
});
