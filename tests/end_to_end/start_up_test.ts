/** What a run doesn't use isn't loaded: of 160 ms until a first request, most are for loading. */

import { assert, assertEquals } from "@std/assert";
import { TITLES } from "../../tasks/strategies.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("run", "read");
const testRuns = await testNeeding("run", "read", "net");

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

/**
 * Modules that only some runs need: those that save, read a list, write a report, meet a packed body, a redirect, TLS, a proxy or
 * HTTP/1.1, or print help.
 */
const LATER = [
  ...["lib/disk/output_folder.ts", "lib/engine/body_saver.ts", "lib/source/url_list.ts", "lib/http/unpack.ts"],
  ...["lib/disk/file_version.ts", "lib/http/byte_rate.ts", "lib/engine/limited_answer.ts", "lib/http/media_types.ts"],
  ...["lib/disk/shard_folder.ts", "lib/disk/shard_store.ts", "lib/engine/exchanges.ts", "lib/engine/origin_of.ts"],
  ...["lib/engine/robots_gate.ts", "lib/http/robots_rules.ts", "lib/http/rate_limit.ts", "lib/engine/quotas.ts"],
  ...["lib/source/list_table.ts", "lib/source/parquet_list.ts", "lib/cli/hosts_file.ts"],
  ...["lib/core/name_template.ts", "lib/source/sums.ts", "lib/core/digests.ts", "lib/disk/verify_file.ts"],
  ...["lib/report/html_report.ts", "lib/report/outcome_files.ts", "lib/report/remaining.ts", "lib/cli/dry_run.ts"],
  ...[
    "lib/cli/help_text.ts",
    "lib/http/represent.ts",
    "lib/http/redirects.ts",
    "lib/http/tls.ts",
    "lib/http/tunnel.ts",
  ],
  ...["lib/cli/metrics.ts", "lib/metrics/prometheus/endpoint.ts", "lib/core/metric_registry.ts"],
  ...["lib/engine/spans.ts", "lib/engine/traced_run.ts", "lib/engine/traced_download.ts"],
  ...["lib/http/http1/connection.ts", "lib/http/http1/exchange.ts", "lib/http/http1/head.ts", "lib/http/http1/body.ts"],
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

test("download.ts loads none of what sends by HttpClients, or is for runs that take longer", async () => {
  const loaded = await loadedBy("download.ts");
  assertEquals(loaded.filter((name) => /client_pool|in_pool|protocol|worker_pool|packed_outcomes/.test(name)), []);
});

/** The globals that a run of download.ts names, of those that take Deno long to load when they are first named. */
async function globalsNamedBy(...args: string[]): Promise<Set<string>> {
  const preload = `--preload=${new URL("../fixtures/note_globals.ts", import.meta.url).pathname}`;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", preload, "download.ts", ...args],
    cwd: ROOT,
  });
  const { code, stderr } = await command.output();
  const said = new TextDecoder().decode(stderr);
  assertEquals(code, 0, said);
  return new Set([...said.matchAll(/^named (\w+)$/gm)].map(([, name]) => name));
}

testRuns(
  "download.ts names no timers and nothing of fetch, which Deno would have to load, unless something is tried again",
  async () => {
    await using server = new CountingServer();
    assertEquals(await globalsNamedBy("--url", `${server.url}/`, "--trials", "1"), new Set());
    assertEquals(await globalsNamedBy(`${server.url}/1`), new Set());
    await using flaky = new CountingServer({
      answer: (path, nth) => new Response(path.slice(1), { status: nth === 1 ? 503 : 200 }),
    });
    assert((await globalsNamedBy(`${flaky.url}/1`)).has("setTimeout"), "what is named is seen");
  },
);
