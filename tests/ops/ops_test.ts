/** What ops/ asks Prometheus for is what scripts serve, and what it starts are commands that they take. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml/parse";
import { download } from "../../download.ts";
import { readOptions } from "../../lib/cli/options.ts";
import { MachineFigures } from "../../lib/cluster/machine_metrics.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { promtool, promtoolTest } from "../helpers/promtool.ts";
import { runWithMetrics } from "../helpers/run_with_metrics.ts";
import { scrape } from "../helpers/scrape.ts";

const test = await testNeeding("read");
const testRuns = await testNeeding("net", "run", "read", "write", "env");

const OPS = new URL("../../ops/", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, OPS));

interface Dashboard {
  panels: { id: number; title: string; targets: { expr: string }[] }[];
  templating: { list: { name: string }[] };
}

/** The dashboard, and every query in it. */
function dashboard(): Dashboard & { queries: string[] } {
  const parsed: Dashboard = JSON.parse(read("grafana/dashboard.json"));
  return { ...parsed, queries: parsed.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)) };
}

/** The metrics that a query names, and the labels by which it chooses or groups, but for those that Prometheus adds. */
function namesIn(query: string): { metrics: string[]; labels: string[] } {
  const matched = [...query.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner]) => inner.match(/\w+(?=\s*(?:=|!))/g) ?? []);
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inner]) => inner.split(/,\s*/));
  const rest = query.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)/g, " ");
  return {
    // Functions, too, have names, which parentheses follow once those of "by" are gone
    metrics: [...rest.matchAll(/[a-zA-Z_:][\w:]*(?![\w:]|\s*\()/g)].map(([name]) => name)
      .filter((name) => !["sum", "count"].includes(name)),
    labels: [...matched, ...grouped].filter((label) => label !== "instance"),
  };
}

testRuns("the dashboard asks for metrics and labels that download.ts serves, and leaves none of them out", async () => {
  await using site = new CountingServer({ answer: () => new Response("", { status: 404 }) });
  const run = await runWithMetrics("download", [`${site.url}/1`]);
  await run.says(/^metrics: waiting/);
  const served = new Map<string, Set<string>>();
  for (const key of (await scrape(run.metrics)).values.keys()) {
    const [name, labels = ""] = key.split("{", 2);
    const known = served.get(name) ?? new Set();
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label);
    served.set(name, known);
  }
  await run.ended;
  const machine = new MachineFigures(); // of a run that machines share
  machine.unfinished = machine.machines = 1;
  for (const { name, samples } of machine.collect()) {
    served.set(name, new Set(samples.flatMap(({ labels = {} }) => Object.keys(labels))));
  }
  const { queries, panels } = dashboard();
  assert(queries.length >= panels.length);
  const asked = new Set<string>();
  for (const query of queries) {
    const { metrics, labels } = namesIn(query);
    assert(metrics.length > 0, query);
    for (const metric of metrics) {
      asked.add(metric);
      assert(served.has(metric), `${query}: there is no ${metric}`);
      for (const label of labels) assert(served.get(metric)?.has(label), `${query}: ${metric} has no label ${label}`);
    }
  }
  const base = (name: string) => name.replace(/_(bucket|sum|count)$/, "");
  const left = new Set([...served.keys()].map(base)).difference(new Set([...asked].map(base)));
  assertEquals([...left], ["process_start_time_seconds"]);
});

test("the dashboard's panels have numbers of their own, and its variables are those that its queries name", () => {
  const { panels, queries, templating } = dashboard();
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  const variables = new Set(queries.flatMap((query) => query.match(/\$\w+/g) ?? []));
  assertEquals(variables, new Set(["$instance", "$__rate_interval"]));
  assertEquals(templating.list.map(({ name }) => name), ["datasource", "instance"]);
});

interface Compose {
  services: Record<string, { command?: string[]; depends_on?: string[]; volumes?: string[]; image: string }>;
  volumes: Record<string, unknown>;
}

/** The composition, with what services have in common put into each (`<<`). */
function compose(): Compose {
  const { services, volumes } = parse(read("compose.yaml")) as Compose;
  const merged = Object.entries(services).map(([name, { "<<": common = {}, ...own }]: [
    string,
    object & {
      "<<"?: object;
    },
  ]) => [name, { ...common, ...own }]);
  return { services: Object.fromEntries(merged), volumes };
}

/** The arguments of a machine's command. */
function argsOf(command: string[]): string[] {
  assertEquals(command.slice(0, 3), ["run", "-A", "download.ts"]);
  return command.slice(3);
}

test("compose.yaml starts machines by commands that download.ts takes, whose metrics Prometheus looks for", () => {
  const { services } = compose();
  const config = parse(read("prometheus.yml")) as {
    scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[];
  };
  const [{ names, port }] = config.scrape_configs[0].dns_sd_configs;
  assertEquals(names, Object.keys(services).filter((name) => services[name].image.startsWith("denoland/deno:")));
  for (const name of names) {
    const command = services[name].command ?? [];
    assertStringIncludes(command.join(" "), "--queue=nats://broker:4222");
    const { metrics } = readOptions(download, argsOf(command));
    assertEquals([metrics?.port, metrics?.hostname], [port, "0.0.0.0"], name);
  }
});

test("compose.yaml has the version of Deno that the project has, and mounts what there is", () => {
  const { services, volumes } = compose();
  const [, version] = /deno@([\d.]+) /.exec(Deno.readTextFileSync(new URL("../.ci/run", OPS))) ?? [];
  for (const [name, { image, depends_on = [], volumes: mounts = [] }] of Object.entries(services)) {
    if (image.startsWith("denoland/")) assertEquals(image, `denoland/deno:${version}`);
    for (const other of depends_on) assert(other in services, `${name} depends on ${other}`);
    for (const mount of mounts) {
      const [from] = mount.replace(/^\$\{\w+:-([^}]*)\}/, "$1").split(":");
      if (from.startsWith(".")) Deno.statSync(new URL(from, OPS));
      else assert(from in volumes, `${name} mounts ${from}`);
    }
  }
});

test("Grafana is told where Prometheus and the dashboard are", () => {
  const { datasources } = parse(read("grafana/datasources.yaml")) as { datasources: { url: string; type: string }[] };
  assertEquals(datasources.map(({ url, type }) => [url, type]), [["http://prometheus:9090", "prometheus"]]);
  const { providers } = parse(read("grafana/dashboards.yaml")) as { providers: { options: { path: string } }[] };
  const mounts = compose().services.grafana.volumes ?? [];
  for (const { options } of providers) {
    assert(mounts.some((mount) => mount.includes(`:${options.path}/dashboard.json:`)), options.path);
  }
});

promtoolTest("promtool takes the configuration of Prometheus", async () => {
  const { success, said } = await promtool(["check", "config", new URL("prometheus.yml", OPS).pathname]);
  assert(success, said);
});

promtoolTest("promtool takes every query of the dashboard", async () => {
  const rules = dashboard().queries.map((query, n) => ({
    record: `query_${n}`,
    expr: query.replaceAll("$__rate_interval", "1m"),
  }));
  const file = await Deno.makeTempFile({ suffix: ".json" }); // JSON is YAML, too
  try {
    await Deno.writeTextFile(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    const { success, said } = await promtool(["check", "rules", file]);
    assert(success, said);
    assertStringIncludes(said, `${rules.length} rules found`);
  } finally {
    await Deno.remove(file);
  }
});
