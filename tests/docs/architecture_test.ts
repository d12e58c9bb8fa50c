/** The files and folders that docs/architecture.md and CONTRIBUTING.md name are there, and no room is left out. */

import { assert, assertEquals } from "@std/assert";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read");

const ROOT = new URL("../../", import.meta.url);
const ARCHITECTURE = "docs/architecture.md";

const read = (page: string) => Deno.readTextFileSync(new URL(page, ROOT));

/** The files and folders that a page names: in links, and as code from this project's root. */
function namesIn(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target)).map((target) => new URL(target, new URL(page, "file:///")).pathname);
  const inCode = [...text.matchAll(/`((?:[\w-]+\/)+(?:[\w.-]+\.\w+)?|[\w-]+\.(?:ts|md|json))`/g)].map(([, name]) =>
    name
  );
  return [...links.map((path) => path.slice(1)), ...inCode.filter((name) => !isBasename(name, links))];
}

/** Whether a page has linked to a file of that name, and so may call it by its name alone. */
const isBasename = (name: string, links: string[]) => links.some((link) => link.endsWith(`/${name}`));

function exists(name: string): boolean {
  try {
    const { isDirectory } = Deno.statSync(new URL(name, ROOT));
    return isDirectory || !name.endsWith("/");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

for (const page of [ARCHITECTURE, "CONTRIBUTING.md"]) {
  test(`${page} names files and folders that are there`, () => {
    const names = namesIn(page, read(page));
    assert(names.length >= 10);
    assertEquals([...new Set(names)].filter((name) => !exists(name)), []);
  });
}

test("docs/architecture.md calls links to files by the names of those files", () => {
  const wrong = [...read(ARCHITECTURE).matchAll(/\[([\w./-]+\.\w+)\]\(([^)]+)\)/g)]
    .filter(([, text, target]) => !target.endsWith(`/${text}`)).map(([link]) => link);
  assertEquals(wrong, []);
});

test("docs/architecture.md has a line for every room of lib/, and for no other", () => {
  const rooms = [...Deno.readDirSync(new URL("lib/", ROOT))].map(({ name }) => `lib/${name}/`);
  const rows = [...read(ARCHITECTURE).matchAll(/^\| `(lib\/[^`]*)`/gm)].map(([, room]) => room);
  assertEquals(rows.sort(), rooms.sort());
});

test("docs/architecture.md says of every word where it is at work", () => {
  const [, glossary = ""] = read(ARCHITECTURE).split("\n## Words\n");
  const rows = glossary.split("\n").filter((line) => line.startsWith("|")).slice(2);
  assert(rows.length >= 15);
  assertEquals(rows.filter((row) => !/\]\(\.\.\/lib\/[\w/]+\.ts\) +\|$/.test(row)), []);
});

test("a name of a file that isn't there is found wherever a page has it", () => {
  const text = "[a](../lib/a.ts), `lib/b.ts`, `lib/c/`, `d.ts` and `a.ts`; not [e](https://e/e.ts), `f`, `fetch()`";
  assertEquals(namesIn(ARCHITECTURE, text), ["lib/a.ts", "lib/b.ts", "lib/c/", "d.ts"]);
  assertEquals(["lib/a.ts", "lib/core/", "lib/core/outcome.ts", "lib/core/outcome.ts/"].filter(exists), [
    "lib/core/",
    "lib/core/outcome.ts",
  ]);
});
