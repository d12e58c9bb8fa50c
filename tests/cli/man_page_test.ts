import { assert, assertEquals, assertMatch } from "@std/assert";
import { download } from "../../download.ts";
import { manPage } from "../../lib/cli/man_page.ts";
import { runFlags } from "../../lib/cli/run_flags.ts";
import { HELP_TEXT } from "../../site/command/help.ts";
import { manPages } from "../../tasks/man.ts";
import { testNeeding } from "../helpers/needs.ts";
import { isInstalled } from "../helpers/shells.ts";
import { SOME_FLAGS } from "../helpers/some_flags.ts";

const test = await testNeeding("run", "read", "write");

Deno.test("manPage() says what --help says, flag by flag", () => {
  const page = manPage({
    ...{ name: "x", short: "does it", version: "1.2.3", usage: "x [flags]", about: "Does it." },
    flags: SOME_FLAGS,
    examples: [["x -i a", "reads a"]],
    exitCodes: [[0, "all is well"]],
    seeAlso: ["y"],
  });
  assert(page.startsWith('.TH X 1 "" "x 1.2.3" "User Commands"\n.SH NAME\nx \\- does it\n'));
  for (const [name, { about }] of Object.entries(SOME_FLAGS)) {
    assert(page.includes(`\\fB\\-\\-${name.replaceAll("-", "\\-")}\\fR`), name);
    assert(page.replaceAll("\\-", "-").includes(about), about);
  }
  assert(page.includes(".TP\n\\fB\\-i\\fR, \\fB\\-\\-input\\fR \\fIFILE\\fR\nwhere URLs are"));
  assert(page.endsWith('.SH "SEE ALSO"\n.BR y (1)\n'));
});

Deno.test("manPages() have every flag of download.ts and of server.ts", () => {
  const pages = manPages();
  const all = { "download-stuff.1": runFlags(download), "download-stuff-server.1": HELP_TEXT.flags };
  for (const [file, flags] of Object.entries(all)) {
    for (const name of Object.keys(flags)) {
      assert(pages[file].includes(`\\fB\\-\\-${name.replaceAll("-", "\\-")}\\fR`), `${file} --${name}`);
    }
  }
});

Deno.test("manPage() takes nothing in a text for a request or an escape", () => {
  const flags = { a: { about: ".so /etc/passwd \\n", parse: String }, b: { about: "'quoted'", parse: String } };
  const page = manPage({ name: "x", short: "s", version: "1", usage: "x", about: ".x", flags });
  const lines = page.split("\n");
  assert(lines.includes("\\&.so /etc/passwd \\en") && lines.includes("\\&'quoted'") && lines.includes("\\&.x"));
});

/** Programs that find what is wrong with a page, and say it on standard error or standard output. */
const READERS: Record<string, string[]> = {
  groff: ["-man", "-Tutf8", "-ww", "-z"],
  mandoc: ["-Tlint", "-Wwarning"],
  man: ["--warnings=w", "-l"],
};

for (const [program, args] of Object.entries(READERS)) {
  const has = await isInstalled(program, ...program === "mandoc" ? ["-Tlint", "/dev/null"] : ["--version"]);
  const name = `${program} finds nothing wrong with the manual pages`;
  const fn = async () => {
    for (const [file, text] of Object.entries(manPages())) {
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${folder}/${file}`, text);
        const command = new Deno.Command(program, {
          args: [...args, `${folder}/${file}`],
          env: { MANWIDTH: "80", LC_ALL: "C.UTF-8" },
        });
        const { stdout, stderr } = await command.output();
        const said = new TextDecoder().decode(stdout);
        // mandoc wants a date, which would say when the page was made, and not when it changed
        const wrong = new TextDecoder().decode(stderr) + (program === "mandoc" ? said : "");
        assertEquals(wrong.split("\n").filter((line) => line !== "" && !line.includes("missing date")), []);
        if (program === "man") assertMatch(said, /NAME[^]*SYNOPSIS[^]*OPTIONS[^]*EXAMPLES/);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }
  };
  if (has) test(name, fn);
  else Deno.test({ name: `${name} (left out: needs ${program})`, ignore: true, fn });
}
