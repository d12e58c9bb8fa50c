/** Completions are tried in the shells themselves, where these are installed. */

import { assert, assertArrayIncludes, assertEquals } from "@std/assert";
import { download } from "../../download.ts";
import { type Completed, completions } from "../../lib/cli/completions.ts";
import { type Shell, SHELLS } from "../../lib/cli/flags.ts";
import { runFlags } from "../../lib/cli/run_flags.ts";
import { HELP_TEXT } from "../../site/command/help.ts";
import { testNeeding } from "../helpers/needs.ts";
import { testWithShell } from "../helpers/shells.ts";

const test = await testNeeding("run", "read", "write", "env");

const OWN: Completed = { words: ["download-stuff"], flags: runFlags(download) };
const SERVER: Completed = { words: ["download-stuff", "server"], flags: HELP_TEXT.flags };

/** How a shell is asked what it would complete in the last of these words, after it has read `script`. */
const ASK: Record<Shell, (script: string, words: string[]) => string> = {
  bash: (script, words) =>
    `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${words.length - 1}
     _download_stuff; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // What _arguments makes of its words is zsh's own; here it prints them
  zsh: (script, words) =>
    `compdef() { : }; _arguments() { print -rl -- "$@" }
     ${script}\nwords=(${words.map((word) => `'${word}'`).join(" ")}) CURRENT=${words.length}; _download_stuff`,
  fish: (script, words) => `${script}\ncomplete -C '${words.join(" ")}'`,
};

/** What a shell would complete, without descriptions. */
async function complete(shell: Shell, words: string[], cwd = "."): Promise<string[]> {
  const script = completions(shell, OWN) + completions(shell, SERVER);
  const args = [...shell === "zsh" ? ["-f"] : shell === "bash" ? ["--norc"] : ["--no-config"]];
  const { stdout, stderr, success } = await new Deno.Command(shell, {
    args: [...args, "-c", ASK[shell](script, words)],
    cwd,
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assert(success || shell === "bash");
  return new TextDecoder().decode(stdout).split("\n").map((line) => line.split("\t")[0]).filter((line) => line !== "");
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/a folder`);
    await Deno.writeTextFile(`${folder}/a list.txt`, "");
    await Deno.writeTextFile(`${folder}/*`, "");
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const shell of ["bash", "fish"] as const) {
  await testWithShell(test, shell, `${shell} completes flags, and the words that a value may be`, async () => {
    assertEquals((await complete(shell, ["download-stuff", "--max-f"])).toSorted(), [
      "--max-failures",
      "--max-filesize",
    ]);
    assertEquals((await complete(shell, ["download-stuff", "--http", ""])).toSorted(), ["1", "2", "alpn", "auto"]);
    assertEquals(await complete(shell, ["download-stuff", "--http", "al"]), ["alpn"]);
    assertEquals(await complete(shell, ["download-stuff", "--rate", ""]), []);
    assertArrayIncludes(await complete(shell, ["download-stuff", "ser"]), ["server"]);
  });

  await testWithShell(
    test,
    shell,
    `${shell} completes the flags of download-stuff server, and only those`,
    async () => {
      assertEquals(await complete(shell, ["download-stuff", "server", "--when"]), ["--when-full"]);
      assertEquals(await complete(shell, ["download-stuff", "server", "--when-full", "q"]), ["queue"]);
      assertEquals(await complete(shell, ["download-stuff", "server", "--outp"]), []);
      assertEquals(await complete(shell, ["download-stuff", "--when"]), []);
    },
  );
}

await testWithShell(
  test,
  "bash",
  "bash completes files and folders, whatever their names",
  () =>
    inFolder(async (folder) => {
      assertEquals(await complete("bash", ["download-stuff", "-i", "a"], folder), ["a folder", "a list.txt"]);
      assertEquals(await complete("bash", ["download-stuff", "-o", "a"], folder), ["a folder"]);
      assertEquals(await complete("bash", ["download-stuff", "--sums", "a"], folder), ["a folder", "a list.txt"]);
      assertEquals(await complete("bash", ["download-stuff", "--input", "="], folder), ["*", "a folder", "a list.txt"]);
      assertEquals(await complete("bash", ["download-stuff", "--http", "=", "al"], folder), ["alpn"]);
      assertEquals(await complete("bash", ["download-stuff", "*"], folder), ["*"]);
    }),
);

await testWithShell(test, "zsh", "zsh is given every flag, with what its value may be", async () => {
  const specs = await complete("zsh", ["download-stuff", "-"]);
  assertArrayIncludes(specs, [
    "(-i --input)-i[URLs to download\\: lines, NDJSON or CSV, gzipped or not; - reads standard input]:FILE:_files",
    "(-i --input)--input=[URLs to download\\: lines, NDJSON or CSV, gzipped or not; - reads standard input]:FILE:_files",
    "(--json)--json[print the result as one JSON object]",
  ]);
  assert(specs.some((spec) => spec.startsWith("*--header=[") && spec.endsWith(":'NAME\\: VALUE': ")));
  assert(specs.some((spec) => spec.startsWith("(--http)--http=[") && spec.endsWith(":(1 2 auto alpn)")));
  assert((await complete("zsh", ["download-stuff", "server", "-"])).some((spec) => spec.includes("--when-full=")));
});

Deno.test("completions() has every flag of a command in every shell, and in bash nothing that bash 3.2 lacks", () => {
  for (const shell of SHELLS) {
    for (const completed of [OWN, SERVER]) {
      const text = completions(shell, completed);
      for (const name of Object.keys(completed.flags)) {
        assert(text.includes(shell === "fish" ? `-l ${name} ` : `--${name}`), `${shell} --${name}`);
      }
    }
  }
  assert(!/mapfile|readarray|declare -A|\$\(case|,,/.test(completions("bash", OWN)));
});
