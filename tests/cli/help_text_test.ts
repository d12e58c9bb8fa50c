import { assert, assertEquals } from "@std/assert";
import { HELP, switchFlag } from "../../lib/cli/flags.ts";
import { helpText } from "../../lib/cli/help_text.ts";
import { SOME_FLAGS as FLAGS } from "../helpers/some_flags.ts";

Deno.test("helpText() says what a command does, its flags by group with their defaults, and examples", () => {
  const examples = [["deno run -A x.ts --trials 7", "downloads seven pages"]] as const;
  assertEquals(
    helpText({ usage: "deno run -A x.ts [flags]", about: "Does this.", flags: FLAGS, examples }),
    `
Does this.

Usage:
  deno run -A x.ts [flags]

Flags:
      --trials N            pages to download (default 100)
      --rate N              pages per second
  -i, --input FILE          where URLs are, - for standard input
      --header TEXT         header to send
      --url URL             the website (default a new one)
      --order given|random  which first (default given)
      --json                print JSON
  -s, --size SIZE           of a file
  -h, --help                print this help and exit

How:
      --timeout DURATION    for one page (default 30s)

Examples:
  deno run -A x.ts --trials 7
      downloads seven pages`.trim(),
  );
});

Deno.test("helpText() leaves out examples where there are none", () => {
  assertEquals(
    helpText({ usage: "x", about: "Does this.", flags: { help: HELP } }).split("\n").at(-1),
    "  -h, --help  print this help and exit",
  );
});

Deno.test("helpText() keeps no room for letters where no flag has one", () => {
  const flags = { json: switchFlag({ about: "print JSON" }) };
  assertEquals(helpText({ usage: "x", about: "Does this.", flags }).split("\n").at(-1), "  --json  print JSON");
});

Deno.test("helpText() breaks lines between words to keep to its width", () => {
  const examples = [["x --loud", "says it at the top of its voice"]] as const;
  const help = { usage: "x", about: "Does this and that, one after the other.", flags: FLAGS, examples };
  for (const width of [40, 60, 80, 100]) {
    const lines = helpText(help, width).split("\n");
    assert(lines.every(({ length }) => length <= width), `at ${width}:\n${lines.join("\n")}`);
    assertEquals(helpText(help, width).split(/\s+/), helpText(help, 1_000).split(/\s+/));
  }
});
