/**
 * Imports between folders go one way: docs/architecture.md says which, and why. An `import type`, a dynamic import, an
 * `import.meta.resolve()` and a `new URL()` of a module count too.
 */

import { assertEquals } from "@std/assert";
import { testNeeding } from "./helpers/needs.ts";

const test = await testNeeding("read");

const ROOT = new URL("../", import.meta.url);

/** What each room may import besides itself, packages, and for the rooms of lib/ `constants.ts`: folders, or single files. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  "lib/core": [],
  "lib/http": ["lib/core"],
  "lib/disk": ["lib/core"],
  "lib/storage": ["lib/disk", "lib/http", "lib/core"],
  "lib/engine": ["lib/storage", "lib/http", "lib/disk", "lib/core"],
  "lib/source": ["lib/http", "lib/core"],
  "lib/cluster": ["lib/engine", "lib/source", "lib/core"],
  "lib/metrics": ["lib/engine", "lib/http", "lib/disk", "lib/core"],
  "lib/report": ["lib/cluster", "lib/metrics", "lib/engine", "lib/http", "lib/disk", "lib/core"],
  "lib/cli": [
    ...["lib/report", "lib/metrics", "lib/cluster", "lib/engine", "lib/http", "lib/disk", "lib/source", "lib/core"],
    "deno.json",
  ],
  // Of HTTP/2 only the tables of HPACK (RFC 7541, Appendices A and B), which are the same for both ends.
  "site": [
    "lib/core",
    "lib/cli/about_command.ts",
    "lib/cli/flags.ts",
    "lib/cli/help_text.ts",
    "lib/cli/parse_flags.ts",
    "lib/http/http2/hpack.ts",
    "lib/http/http2/hpack_error.ts",
    "lib/http/http2/huffman.ts",
  ],
};

const NUMBERS = "constants.ts";

/** The Worker's entry sends as the strategy does whose worker it is. */
const WORKER = "lib/engine/worker_main.ts";
const STRATEGIES = ["simple.ts", "threaded.ts", "async.ts", "optimized.ts"];

/** What names another file of this project, as far as it is written down as text: at once, or `later`, as the code runs. */
const NAMING =
  /\b(?:from|import|(?<later>import\(|import\.meta\.resolve\(|new URL\())\s*(["'`])(?<path>\.{1,2}\/[^"'`\n]*)\2/g;

const isIn = (file: string, place: string) => file === place || file.startsWith(`${place}/`);

/** The room of a file; undefined for one that no rule is about. */
function roomOf(file: string): string | undefined {
  const [top, room] = file.split("/");
  return top === "site" ? top : top === "lib" ? `${top}/${room}` : undefined;
}

/** Of comments only the line breaks stay, so that the examples in them don't count, and lines keep their numbers. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*[^]*?\*\/|^\s*\/\/.*/gm, (comment) => comment.replaceAll(/[^\n]/g, ""));
}

/** The imports of a file that its room may not have, each as its place, its line and the reason. */
function offences(file: string, text: string): string[] {
  const room = roomOf(file);
  if (room === undefined) return [];
  const rules = MAY_IMPORT[room];
  if (rules === undefined) return [`${file}: MAY_IMPORT of this test doesn't say what ${room} may import`];
  const lines = text.split("\n");
  return [...withoutComments(text).matchAll(NAMING)].flatMap(({ index, 0: all, groups = {} }) => {
    const { later, path } = groups;
    const imported = new URL(path, new URL(file, "file:///")).pathname.slice(1);
    const isOfWorker = file === WORKER && later === "import(" && STRATEGIES.includes(imported);
    if ([room, NUMBERS, ...rules].some((place) => isIn(imported, place)) || isOfWorker) return [];
    const line = withoutComments(text).slice(0, index + all.length).split("\n").length;
    return [`${file}:${line}: ${lines[line - 1].trim()} (${room} may not import ${imported})`];
  });
}

/** The modules within a folder of this project, as paths from its root. */
function* modulesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(`${folder}/`, ROOT))) {
    if (isDirectory) yield* modulesIn(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

const read = (file: string) => Deno.readTextFileSync(new URL(file, ROOT));

test("imports go one way: cli, report, metrics, engine, then storage, then disk and http, then core; source, http, core; and cluster, engine, source", () => {
  const modules = [...modulesIn("lib"), ...modulesIn("site")];
  assertEquals(modules.flatMap((file) => offences(file, read(file))), []);
  assertEquals([...new Set(modules.map(roomOf))].sort(), Object.keys(MAY_IMPORT).sort(), "a rule about no room");
});

test("constants.ts imports nothing", () => {
  assertEquals(
    [...withoutComments(read(NUMBERS)).matchAll(/^(?:import|export .* from)\b.*/gm)].map(([line]) => line),
    [],
  );
});

test("the import rules know every way to import", () => {
  const ways = [
    'import { a } from "../engine/a.ts";',
    "import {\n  a,\n} from '../engine/a.ts';",
    'import type { A } from "../engine/a.ts";',
    'import "../engine/a.ts";',
    'export { a } from "../engine/a.ts";',
    'export * from "../engine/a.ts";',
    'const { a } = await import("../engine/a.ts");',
    "const { a } = await import(`../engine/${a}.ts`);",
    'const a = await import(\n  "../engine/a.ts"\n);',
    'type A = typeof import("../engine/a.ts");',
    'new Worker(new URL("../engine/a.ts", import.meta.url));',
    'import.meta.resolve("../engine/a.ts");',
  ];
  for (const way of ways) assertEquals(offences("lib/disk/b.ts", way).length, 1, way);
  for (const way of ways) assertEquals(offences("lib/metrics/b.ts", way), [], way);
});

test("the import rules print the line that breaks them", () => {
  const text =
    '/**\n * import { a } from "../cli/a.ts";\n */\nimport { b } from "./b.ts";\nimport {\n  c,\n} from "../cli/c.ts";';
  assertEquals(offences("lib/core/a.ts", text), [
    'lib/core/a.ts:7: } from "../cli/c.ts"; (lib/core may not import lib/cli/c.ts)',
  ]);
});

test("the import rules hold for single files, top-level scripts and rooms that have no rule", () => {
  const isRefused = (file: string, path: string) => offences(file, `import "${path}";`).length > 0;
  assertEquals(isRefused("lib/http/http1/a.ts", "../../core/b.ts"), false);
  assertEquals(isRefused("lib/http/http1/a.ts", "../../disk/b.ts"), true);
  assertEquals(isRefused("lib/http/a.ts", "../../constants.ts"), false);
  for (const path of ["tasks/a.ts", "bench/a.ts", "site/a.ts", "tests/a.ts", "server.ts", "optimized.ts"]) {
    assertEquals(isRefused("lib/cli/a.ts", `../../${path}`), true, path);
  }
  assertEquals(isRefused("site/a.ts", "../lib/cli/flags.ts"), false);
  assertEquals(isRefused("site/a.ts", "../lib/cli/options.ts"), true);
  assertEquals(isRefused("lib/new_room/a.ts", "@std/assert"), true);
  assertEquals(isRefused(WORKER, "../../optimized.ts"), true);
  assertEquals(offences(WORKER, 'await import("../../optimized.ts");'), []);
  assertEquals(offences(WORKER, 'await import("../../server.ts");').length, 1);
  assertEquals(offences("lib/engine/a.ts", 'await import("../../optimized.ts");').length, 1);
});
