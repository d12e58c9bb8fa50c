/**
 * What the server's CPU goes into: a plain page against bare Hono and bare Deno.serve.
 *
 *     deno run -A bench/server_cpu.ts
 *
 * Each server runs in a process of its own and does the same work, with no delay (what the answer itself costs) and with
 * one of 200 ms and 8,000 requests in flight (where the bare ones need a timer per request). h2load (Debian's
 * nghttp2-client) sends to them in turn, so that other load on the machine affects them all; the medians of the ratios
 * within a turn are what counts. CPU is what the kernel says the process used, user and system.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";

const ROUNDS = Number(Deno.args[0] ?? 7);
const JSON_TEXT = `{ headers: { "content-type": "application/json" } }`;
const LISTEN = `hostname: "127.0.0.1", port: 0, tcpBacklog: 16384,
  onListen: ({ port }) => console.log("listening on http://127.0.0.1:" + port + "/")`;

/** The servers compared: Deno.serve and Hono as their own documentation has them, and ours. */
const servers = (delay: number): Record<string, string[]> => ({
  "Deno.serve": evaluate(`
    const wait = () => new Promise((done) => setTimeout(done, ${delay}));
    const page = (request) => new Response(request.url.slice(request.url.lastIndexOf("/") + 1), ${JSON_TEXT});
    Deno.serve({ ${LISTEN} }, ${delay ? "async (request) => { await wait(); return page(request); }" : "page"});`),
  "Hono": evaluate(`
    import { Hono } from "hono";
    const wait = () => new Promise((done) => setTimeout(done, ${delay}));
    const app = new Hono();
    app.get("/:n", ${delay ? "async (c) => { await wait();" : "(c) => {"} return c.json(Number(c.req.param("n"))); });
    Deno.serve({ ${LISTEN} }, app.fetch);`),
  "server.ts": ["run", "-A", new URL("../server.ts", import.meta.url).pathname, "--port", "0", "--delay", `${delay}`],
});

function evaluate(code: string): string[] {
  return ["eval", "--ext=ts", code];
}

console.log(`Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, ${ROUNDS} rounds\n`);
await compare("no delay, 20 connections x 20 streams", 0, ["-n", "100000", "-c", "20", "-m", "20"]);
await compare("200 ms, 40 connections x 200 streams", 200, ["-n", "80000", "-c", "40", "-m", "200"]);

async function compare(title: string, delay: number, load: string[]): Promise<void> {
  const running = await Promise.all(Object.entries(servers(delay)).map(([name, args]) => start(name, args)));
  const requests = Number(load[1]);
  const costs = new Map(running.map(({ name }) => [name, [] as number[]]));
  for (const { url } of running) await ask(url, load);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, url, pid } of running) {
      const before = await cpuSeconds(pid);
      await ask(url, load);
      costs.get(name)?.push((await cpuSeconds(pid) - before) / requests * 1e6);
    }
  }
  console.log(`| ${title} | CPU a request, us: median (least to most) | times Hono's |\n| --- | --- | --- |`);
  const hono = costs.get("Hono") ?? [];
  for (const [name, all] of costs) {
    const range = `${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)}`;
    const ratio = median(all.map((cost, round) => cost / hono[round]));
    console.log(`| ${name} | ${median(all).toFixed(1)} (${range}) | ${ratio.toFixed(2)} |`);
  }
  console.log();
  for (const { child } of running) child.kill("SIGKILL");
  await Promise.all(running.map(({ child }) => child.status));
}

async function start(name: string, args: string[]) {
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const url = line.match(/^listening on (\S+)/)?.[1];
    if (url) return { name, url, pid: child.pid, child };
  }
  throw new Error(`${name} ended before it listened`);
}

async function ask(url: string, load: string[]): Promise<void> {
  const { success, stdout } = await new Deno.Command("h2load", { args: [...load, `${url}4950`] }).output();
  const said = new TextDecoder().decode(stdout);
  if (!success || !said.includes(` ${load[1]} succeeded`)) throw new Error(`h2load failed on ${url}: ${said}`);
}

/** CPU seconds that a process has used; the kernel counts them in hundredths. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
