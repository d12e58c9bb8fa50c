/** What a run doesn't use isn't loaded: of 160 ms until a first request, most are for loading. */

import { assert, assertEquals } from "@std/assert";
import { TITLES } from "../../tasks/strategies.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("run", "read");

const ROOT = new URL("../../", import.meta.url);

interface Graph {
  roots: string[];
  modules: { specifier: string; dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[] }[];
}

/** Everything that a script loads before it begins: its imports, theirs and so on, but not what is imported later. */
async function loadedBy(script: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", script], cwd: ROOT }).output();
  const { roots, modules }: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set(roots);
  for (const name of loaded) {
    for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
      if (code && !isDynamic) loaded.add(code.specifier);
    }
  }
  return [...loaded].map((name) => name.replace(ROOT.href, ""));
}

/** Modules that only some runs need: those that save, read a list, write a report, meet a packed body. */
const LATER = [
  ...["lib/disk/output_folder.ts", "lib/engine/body_saver.ts", "lib/source/url_list.ts", "lib/http/unpack.ts"],
  ...["lib/report/html_report.ts", "lib/report/outcome_files.ts", "lib/report/remaining.ts", "lib/cli/dry_run.ts"],
];

/** The one package that every run needs: what reads its flags. */
const FLAGS = /^npm:[^@]*deno-std@[^/]*\/cli\/parse_args\.js$/;

for (const title of TITLES) {
  test(`${title}.ts loads no package at its start but what reads flags, and nothing that only some runs need`, async () => {
    const loaded = await loadedBy(`${title}.ts`);
    assert(loaded.includes("lib/engine/queue.ts"), "what every run needs is there");
    assertEquals(
      loaded.filter((name) => /^(npm|node|jsr|https?):/.test(name) || LATER.includes(name)).filter((name) =>
        !FLAGS.test(name)
      ),
      [],
    );
  });
}

test("download.ts loads none of what sends by HttpClients", async () => {
  const loaded = await loadedBy("download.ts");
  assertEquals(loaded.filter((name) => /client_pool|in_pool/.test(name)), []);
});
