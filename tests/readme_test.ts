/** What the README and the other pages say is run, or compared with what is there. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { resultsTable } from "../lib/results_table.ts";
import { STRATEGIES, TITLES } from "../tasks/strategies.ts";
import { testNeeding } from "./needs.ts";
import { someSummary } from "./some_summary.ts";
import { spawnServer } from "./spawn_server.ts";

const test = await testNeeding("net", "read", "write", "run", "env");

const ROOT = new URL("../", import.meta.url);
const SITE = "http://127.0.0.1:8000/";
const SCRIPTS = TITLES.map((title) => `${title}.ts`);

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url) !== undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The pages of this project, README.md first. */
function pages(): string[] {
  const docs = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`);
  return ["README.md", "bench/README.md", ...docs.filter((path) => path.endsWith(".md"))];
}

/** The code blocks of a page that are of this kind. */
function blocks(page: string, kind: string): string[] {
  return [...read(page).matchAll(/^( *)```(.*)\n([^]*?)^\1```$/gm)].filter(([, , head]) => head === kind)
    .map(([, indent, , text]) => text.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}

/** The commands in a page's shell blocks, without comments. */
function commands(page: string): string[] {
  const lines = blocks(page, "sh").flatMap((block) => block.replaceAll("\\\n", " ").split("\n"));
  return lines.map((line) => oneLine(line.replace(/(^|\s)#.*/, ""))).filter((line) => line !== "");
}

/** The commands within a page's sentences. */
function commandsInText(page: string): string[] {
  return [...read(page).matchAll(/`((?:deno|npx) [^`]+)`/g)].map(([, code]) => oneLine(code));
}

const flagsIn = (text: string) => [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, flag]) => flag);

const helps = new Map<string, Promise<string>>();

/** What `deno` says with these arguments and `--help`. */
function help(...args: string[]): Promise<string> {
  const key = args.join(" ");
  const known = helps.get(key);
  if (known) return known;
  const options = { args: [...args, "--help"], cwd: ROOT, env: { NO_COLOR: "1" } };
  const output = new Deno.Command(Deno.execPath(), options).output();
  const text = output.then(({ stdout }) => new TextDecoder().decode(stdout));
  helps.set(key, text);
  return text;
}

/** Checks that the task in a command is there, and that Deno and our scripts know the flags they are given. */
async function check(command: string): Promise<void> {
  const [start, task] = /^deno task ([\w:]+)/.exec(command) ?? [];
  if (start !== undefined && task !== undefined) {
    const { tasks } = JSON.parse(read("deno.json"));
    assert(task in tasks, `${command}: there is no such task`);
    const parts = `${tasks[task].command}${command.slice(start.length)}`.split(/ && |; /);
    for (const part of parts) await check(part);
    return;
  }
  const [, subcommand, own, script, rest = ""] = /\bdeno ([a-z]+)(.*?)(?: ([\w/-]+\.ts)( .*)?)?$/.exec(command) ?? [];
  assert(subcommand, `${command}: this test doesn't know how to check it`);
  for (const flag of flagsIn(own)) assertStringIncludes(await help(subcommand), `--${flag}`, command);
  for (const flag of flagsIn(rest)) assertStringIncludes(await help("run", "-A", script), `--${flag}`, command);
}

test("README.md and the other pages name tasks, scripts and flags that there are", async (t) => {
  for (const page of pages()) {
    await t.step(page, async () => {
      for (const command of [...commands(page), ...commandsInText(page)]) {
        if (command.startsWith("curl ")) continue;
        const [, version, rest] = /^npx --yes deno@([\d.]+) (.*)$/.exec(command) ?? [];
        if (version) assertStringIncludes(read(".ci/run"), `deno@${version} `);
        await check(rest ? `deno ${rest}` : command);
      }
    });
  }
});

test("README.md and the other pages link to what there is", async (t) => {
  for (const page of pages()) {
    await t.step(page, () => {
      const targets = [...read(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target);
      const missing = targets.filter((target) =>
        !/^[a-z]+:/.test(target) && !exists(new URL(target, new URL(page, ROOT)))
      );
      assertEquals(missing, []);
    });
  }
});

test("README.md has commands that do what it says, one after another", async () => {
  await using server = await spawnServer(["--delay", "10ms"]);
  const cwd = await Deno.makeTempDir();
  try {
    const scripts = new RegExp(`\\b(${SCRIPTS.join("|")})\\b`);
    const own = commands("README.md").filter((command) =>
      command.startsWith("curl ") || command.includes("--input") || command.includes(SITE)
    );
    assert(own.length >= 5);
    for (const command of own) {
      const line = command.replaceAll(SITE, server.url).replace(scripts, (name) => new URL(name, ROOT).pathname)
        .replace(/^deno /, `"${Deno.execPath()}" `);
      const { success, stderr } = await new Deno.Command("sh", { args: ["-c", line], cwd }).output();
      assert(success, `${command}: ${new TextDecoder().decode(stderr)}`);
    }
    const files = [...Deno.readDirSync(`${cwd}/files`)].filter(({ isFile }) => isFile);
    assertEquals(files.length, 200);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

test("README.md has an example for programs that runs", async () => {
  await using server = await spawnServer(["--delay", "10ms"]);
  const cwd = await Deno.makeTempDir();
  try {
    const [example] = blocks("README.md", "ts");
    const code = example.replaceAll(SITE, server.url).replaceAll('"./', `"${ROOT}`);
    await Deno.writeTextFile(`${cwd}/example.ts`, code);
    const args = ["run", "-A", "--check", "--quiet", "--config", new URL("deno.json", ROOT).pathname, "example.ts"];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n").sort();
    assertEquals(lines, [`${server.url}1 1 bytes`, `${server.url}22 2 bytes`]);
    assertEquals(Deno.readTextFileSync(`${cwd}/files/22`), "22");
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

test("README.md shows the loop of each script as it is", () => {
  const [loops] = blocks("README.md", "ts ignore");
  const parts = loops.split("\n\n");
  assertEquals(
    parts.map((part) => part.split("\n")[0]),
    TITLES.map((title) => `// ${title}.ts: ${STRATEGIES[title].about}`),
  );
  for (const [i, part] of parts.entries()) {
    assertStringIncludes(oneLine(read(SCRIPTS[i])), oneLine(part.slice(part.indexOf("\n"))));
  }
});

test("README.md shows the table of the demonstration", () => {
  const results = TITLES.map((title) => ({
    about: STRATEGIES[title].about,
    summary: someSummary({ strategy: title }),
  }));
  const words = (lines: string[]) => oneLine(lines.slice(0, 2).join(" ")).split(" ").sort();
  const shown = blocks("README.md", "console").find((block) => block.startsWith("$ deno task demo\n")) ?? "";
  const [, ...lines] = shown.trimEnd().split("\n");
  assertEquals(words(lines), words(resultsTable(results).split("\n")));
  for (const [i, { about }] of results.entries()) {
    assertStringIncludes(lines[2 + i], `${TITLES[i].padEnd(9)}  ${about} `);
  }
});

test("README.md and docs name no flag that isn't there, and leave none of the scripts' flags out", async () => {
  const texts = await Promise.all(
    [...SCRIPTS, "server.ts", "tasks/demo.ts", "tasks/race.ts"].map((script) => help("run", "-A", script)),
  );
  const known = new Set(texts.flatMap(flagsIn));
  const named = [...read("README.md").matchAll(/`(--[^`]*)`/g)].flatMap(([, code]) => flagsIn(code));
  assertEquals(named.filter((flag) => !known.has(flag)), []);
  const mentioned = new Set(pages().flatMap((page) => flagsIn(read(page))));
  const flags = new Set(texts.slice(0, SCRIPTS.length).flatMap(flagsIn));
  assertEquals([...flags].filter((flag) => !mentioned.has(flag)), []);
});

test("README.md tells how to have every module of std from JSR, by the names it has there", () => {
  const { imports } = JSON.parse(read("deno.json")) as { imports: Record<string, string> };
  const modules = Object.entries(imports).filter(([name]) => name.startsWith("@std/"));
  for (const [name, target] of modules) {
    // JSR's names of std's modules are those of the files, in kebab case, and that of the package for mod.ts.
    const [, path] = /^npm:deno-std@[\d.]+\/(.*)\.js$/.exec(target) ?? [];
    assertEquals(name, `@std/${path.replaceAll("_", "-").replace(/\/mod$/, "")}`);
  }
  const packages = [...new Set(modules.map(([name]) => name.split("/").slice(0, 2).join("/")))].sort();
  const [lines] = blocks("README.md", "json");
  assertEquals(lines, packages.map((name) => `"${name}": "jsr:${name}@1",\n`).join(""));
});

test("README.md is short", () => {
  assert(read("README.md").split("\n").length <= 220);
});
