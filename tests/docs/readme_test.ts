/** What the README and the other pages say is run, or compared with what is there. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { withFigures } from "../../tasks/figures_markdown.ts";
import { heroSvg } from "../../tasks/hero_svg.ts";
import { TITLES } from "../../tasks/strategies.ts";
import { testNeeding } from "../helpers/needs.ts";
import { spawnServer } from "../helpers/spawn_server.ts";

const test = await testNeeding("net", "read", "write", "run", "env");

const ROOT = new URL("../../", import.meta.url);
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
  return [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "bench/README.md",
    ...docs.filter((path) => path.endsWith(".md")),
  ];
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
  // The installed command, whose flags are those of the scripts
  const [, word, given] = /^(?:npx --yes )?download-stuff( server)?( .*)?$/.exec(command) ?? [];
  if (given !== undefined) {
    const text = await help("run", "-A", word === undefined ? "download.ts" : "server.ts");
    for (const flag of flagsIn(given)) assertStringIncludes(text, `--${flag}`, command);
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
        if (/^(curl|echo|git|npm|nats-server|docker) /.test(command)) continue;
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

test("README.md and the other pages link to headings that there are", () => {
  const links = pages().flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].map(([, path, anchor]) => {
      const target = path === "" ? page : new URL(path, new URL(page, "file:///")).pathname.slice(1);
      return { page, target, anchor };
    })
  );
  assert(links.length >= 10);
  assertEquals(links.filter(({ target, anchor }) => !anchors(read(target)).includes(anchor)), []);
});

/** What GitHub makes of a page's headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
  );
}

test("README.md has commands that do what it says, one after another", async () => {
  await using server = await spawnServer(["--delay", "10ms"]);
  const cwd = await Deno.makeTempDir();
  try {
    const scripts = new RegExp(`\\b(${SCRIPTS.join("|")})\\b`);
    // Those with --queue need a broker: cluster_test.ts runs them
    const own = commands("README.md").filter((command) =>
      (command.startsWith("curl ") || command.includes("download.ts") || command.includes(SITE)) &&
      !command.includes("--queue")
    );
    assert(own.length >= 4);
    for (const command of own) {
      const line = command.replaceAll(SITE, server.url).replace(scripts, (name) => new URL(name, ROOT).pathname)
        .replace(/^deno /, `"${Deno.execPath()}" `)
        .replace("--rate 5 ", "--rate 500 "); // a test hasn't the time to be that polite
      if (command.includes("-i failed.ndjson")) {
        await Deno.remove(`${cwd}/files/${FAILED}`);
        const failed = { url: `${server.url}${FAILED}?numbytes=10000` };
        await Deno.writeTextFile(`${cwd}/failed.ndjson`, `${JSON.stringify(failed)}\n`);
      }
      const { success, stderr } = await new Deno.Command("sh", { args: ["-c", line], cwd }).output();
      assert(success, `${command}: ${new TextDecoder().decode(stderr)}`);
    }
    const files = [...Deno.readDirSync(`${cwd}/files`)].filter(({ isFile }) => isFile);
    assertEquals(files.length, 200);
    assertEquals(Deno.readTextFileSync(`${cwd}/single/1`), "1");
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

/** The page that the test of README's commands treats as if it had failed. */
const FAILED = 17;

const CONFIG = ["--quiet", "--config", new URL("deno.json", ROOT).pathname];

/** Runs deno in a folder, expects nothing on standard error, and gives what it printed, line by line and sorted. */
async function deno(cwd: string, ...args: string[]): Promise<string[]> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trimEnd().split("\n").sort();
}

test("README.md has an example for programs that runs", async () => {
  await using server = await spawnServer(["--delay", "10ms"]);
  const cwd = await Deno.makeTempDir();
  try {
    const [example] = blocks("README.md", "ts").filter((block) => block.startsWith("import "));
    await Deno.writeTextFile(`${cwd}/example.ts`, example.replaceAll(SITE, server.url).replaceAll('"./', `"${ROOT}`));
    const lines = await deno(cwd, "run", "-A", "--check", ...CONFIG, "example.ts");
    assertEquals(lines, [`${server.url}1 1 bytes`, `${server.url}22 2 bytes`]);
    assertEquals(Deno.readTextFileSync(`${cwd}/files/22`), "22");
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

/** The strategies that README shows the ideas of. */
const IDEAS = ["simple", "threaded", "async", "optimized"] as const;

test("README.md has the four ideas as code that downloads every page, over as many connections as it says", async (t) => {
  const [list, ...ideas] = blocks("README.md", "ts").filter((block) => !block.startsWith("import "));
  assertEquals(ideas.length, IDEAS.length);
  const cwd = await Deno.makeTempDir();
  const pages = Array.from({ length: 8 }, (_, n) => String(n));
  const few = list.replace(/length: \d+/, `length: ${pages.length}`);
  try {
    for (const [i, title] of IDEAS.entries()) await Deno.writeTextFile(`${cwd}/${title}.ts`, few + ideas[i]);
    await deno(cwd, "check", ...CONFIG, ...IDEAS.map((title) => `${title}.ts`)); // once: with run --check, each worker would check again
    for (const [i, title] of IDEAS.entries()) {
      await t.step(title, async () => {
        assert(ideas[i].trimEnd().split("\n").length <= 6, "it is short");
        const api = {
          simple: "fetch(",
          threaded: "new Worker(",
          async: "Promise.all(",
          optimized: "createHttpClient(",
        };
        assertStringIncludes(ideas[i], api[title]);
        await using server = await spawnServer(["--delay", "10ms"]);
        await Deno.writeTextFile(`${cwd}/${title}.ts`, (few + ideas[i]).replaceAll(SITE, server.url));
        assertEquals(await deno(cwd, "run", "-A", "--no-check", ...CONFIG, `${title}.ts`), pages);
        const stats = await (await fetch(`${server.url}stats`)).json();
        assertEquals(stats.requests, pages.length);
        if (title === "simple") assertEquals([stats.peak_in_flight, stats.connections], [1, 1]);
        if (title === "optimized") assertEquals(stats.connections, 2);
      });
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

test("README.md and its picture show the recorded figures", () => {
  const figures = JSON.parse(read("docs/pictures/figures.json"));
  assertEquals(read("README.md"), withFigures(read("README.md"), figures));
  assertEquals(read("docs/pictures/hero.svg"), heroSvg(figures));
  assertEquals(read("docs/pictures/hero-narrow.svg"), heroSvg(figures, { narrow: true }));
});

test("README.md names the line of optimized.ts that starts the other cores", () => {
  assertStringIncludes(
    oneLine(read("README.md")),
    "the line marked `// the other cores` in [optimized.ts](optimized.ts)",
  );
  assertEquals(read("optimized.ts").split("// the other cores").length, 2);
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

test("CONTRIBUTING.md says how to have every module of std from JSR, by the names it has there", () => {
  const { imports } = JSON.parse(read("deno.json")) as { imports: Record<string, string> };
  const modules = Object.entries(imports).filter(([name]) => name.startsWith("@std/"));
  for (const [name, target] of modules) {
    // JSR's names of std's modules are those of the files, in kebab case, and that of the package for mod.ts.
    const [, path] = /^npm:deno-std@[\d.]+\/(.*)\.js$/.exec(target) ?? [];
    assertEquals(name, `@std/${path.replaceAll("_", "-").replace(/\/mod$/, "")}`);
  }
  const packages = [...new Set(modules.map(([name]) => name.split("/").slice(0, 2).join("/")))].sort();
  const [lines] = blocks("CONTRIBUTING.md", "json");
  assertEquals(lines, packages.map((name) => `"${name}": "jsr:${name}@1",\n`).join(""));
});

test("README.md is short", () => {
  assert(read("README.md").trimEnd().split("\n").length <= 180);
});
