/** What docs/operating.md says is run, or compared with what is there. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TextLineStream } from "@std/streams/text-line-stream";
import { MachineFigures } from "../../lib/cluster/machine_metrics.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { runWithMetrics } from "../helpers/run_with_metrics.ts";
import { scrape } from "../helpers/scrape.ts";
import { spawnServer } from "../helpers/spawn_server.ts";
import { TraceCollector } from "../helpers/trace_collector.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const ROOT = new URL("../../", import.meta.url);
const SITE = "http://127.0.0.1:8000/";
const page = await Deno.readTextFile(new URL("docs/operating.md", ROOT)).catch(() => "");

const commands = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block]) => block.trim().split("\n"))
  .map((line) => line.replace(/ #.*/, ""));

/** Starts a command of the page, with the addresses that it has here. */
function start(command: string, addresses: Record<string, string>): Deno.ChildProcess {
  let line = command.replace(/\bdeno run/, `"${Deno.execPath()}" run`);
  for (const [from, to] of Object.entries(addresses)) line = line.replaceAll(from, to);
  return new Deno.Command("sh", {
    ...{ args: ["-c", line], cwd: ROOT, stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

async function freePort(): Promise<string> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return await Promise.resolve(String(listener.addr.port));
}

test("docs/operating.md has a command that serves metrics, and one that gets them", async () => {
  const [serve, get] = commands;
  await using server = await spawnServer(["--delay", "10ms"]);
  const port = await freePort();
  const child = start(serve, { [SITE]: server.url, 9464: port });
  for await (const line of child.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    if (!line.startsWith("metrics: waiting")) continue;
    const { success, stdout } = await start(get, { 9464: port }).output();
    assert(success);
    assertStringIncludes(new TextDecoder().decode(stdout), '\ndownloads_total{result="done",kind=""} 200\n');
  }
  assertStringIncludes(await new Response(child.stdout).text(), "for 200 trials");
  assertEquals((await child.status).code, 0);
});

test("docs/operating.md has a command that sends spans, with the attributes that it lists", async () => {
  const [, , trace] = commands;
  await using server = await spawnServer(["--delay", "10ms"]);
  await using collector = new TraceCollector();
  const protocol = "OTEL_EXPORTER_OTLP_PROTOCOL=http/json ";
  const endpoint = collector.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const { code } = await start(protocol + trace, { [SITE]: server.url, "http://127.0.0.1:4318": endpoint }).output();
  assertEquals([code, collector.named("download").length, collector.named("GET").length], [0, 20, 20]);
  const [, table = ""] = page.split("| attribute ");
  const listed = new Map(
    table.split("\n\n")[0].split("\n").slice(2).flatMap((row) => {
      const [, names, of] = row.split("|");
      return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => [name, of] as const);
    }),
  );
  const spans = { "the run": "run", downloads: "download", attempts: "GET" };
  for (const [of, name] of Object.entries(spans)) {
    const { attributes } = collector.named(name)[0];
    for (const attribute of Object.keys(attributes)) assertStringIncludes(listed.get(attribute) ?? "", of, attribute);
  }
  const source = await Promise.all(
    ["spans", "traced_run", "traced_download"].map((file) => Deno.readTextFile(new URL(`lib/engine/${file}.ts`, ROOT))),
  );
  for (const name of listed.keys()) assertStringIncludes(source.join("\n"), `"${name}"`);
});

test("docs/operating.md lists the metrics that download.ts serves, with their types and labels, and no other", async () => {
  await using site = new CountingServer({ answer: () => new Response("", { status: 404 }) });
  const run = await runWithMetrics("download", [`${site.url}/1`]);
  await run.says(/^metrics: waiting/);
  const { text } = await scrape(run.metrics);
  await run.ended;
  const served = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => {
    const [, labels = ""] = new RegExp(`^${name}\\{(.*)\\}`, "m").exec(text) ?? [];
    return [name, type, [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label).join(", ")].join(" | ");
  });
  const machine = new MachineFigures(); // of a run that machines share
  machine.unfinished = machine.machines = 1;
  for (const { name, type, samples } of machine.collect()) {
    served.push([name, type, Object.keys(samples[0].labels ?? {}).join(", ")].join(" | "));
  }
  const [, table = ""] = page.split("| metric ");
  const listed = table.split("\n\n")[0].split("\n").slice(2).map((row) => {
    const [, name, type, labels] = row.split("|").map((cell) => cell.replaceAll("`", "").trim());
    return [name, type, labels].join(" | ");
  });
  assertEquals(listed.sort(), served.sort());
});

test("docs/operating.md starts a composition that is there", () => {
  const [, , , compose] = commands;
  const [, file] = /^docker compose -f (\S+) up$/.exec(compose) ?? [];
  assert(Deno.statSync(new URL(file, ROOT)).isFile);
  assertEquals(commands.length, 4);
});
