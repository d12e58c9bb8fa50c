import { assert, assertEquals } from "@std/assert";
import { Live } from "../../site/live.ts";
import { testInBrowser } from "../helpers/browser.ts";
import { testNeeding } from "../helpers/needs.ts";
import { serveSite } from "../helpers/serve_site.ts";
import { spawnServer } from "../helpers/spawn_server.ts";

const netTest = await testNeeding("net");
const runTest = await testNeeding("net", "run", "read", "env");

const EVENTS = { headers: { accept: "text/event-stream" } };

/** The JSON of events, as they come. */
async function* events(response: Response): AsyncGenerator<Record<string, unknown>> {
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const [event, rest] = text.split(/\n\n(.*)/s);
    if (rest === undefined) continue;
    text = rest;
    yield JSON.parse(event.replace(/^data: /, ""));
  }
}

netTest("GET /stats as events tells at once and again and again what the site sees", async () => {
  await using site = serveSite();
  const response = await fetch(`${site.url}stats`, EVENTS);
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  const seen: unknown[] = [];
  for await (const { requests } of events(response)) {
    seen.push(requests);
    if (seen.length === 1) await (await fetch(`${site.url}7`)).text();
    if (seen.length === 2) break;
  }
  assertEquals(seen, [0, 1]);
});

netTest("GET /stats is JSON for everyone else, and HEAD of its events ends", async () => {
  await using site = serveSite();
  assertEquals((await (await fetch(`${site.url}stats`)).json()).requests, 0);
  const head = await fetch(`${site.url}stats`, { ...EVENTS, method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
});

Deno.test("Live ends its streams when it is closed, and those only once that nobody reads any more", async () => {
  const live = new Live(() => ({ n: 1 }));
  const [read, left] = [live.listen(), live.listen()];
  await left.body?.cancel();
  live.close();
  assertEquals(await read.text(), 'data: {"n":1}\n\n');
  live.close();
});

Deno.test("Live keeps nothing for a reader that doesn't read", async () => {
  let told = 0;
  const live = new Live(() => ++told);
  const reader = live.listen().body?.getReader();
  assertEquals(told, 1);
  await reader?.read();
  live.close();
  assert((await reader?.read())?.done);
});

runTest("server.ts ends though someone listens to its events", async () => {
  const server = await spawnServer();
  const response = await fetch(`${server.url}stats`, EVENTS);
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended;
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  await response.body?.cancel();
});

runTest("server.ts tells open connections apart from used ones, and the peak of each interval", async () => {
  const server = await spawnServer();
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  for (const page of [1, 2, 3]) await (await fetch(`${server.url}${page}`, { client })).text();
  const response = await fetch(`${server.url}stats`, EVENTS);
  for await (const event of events(response)) {
    assertEquals([event.connections, event.peak_in_interval], [3, 0]);
    if (Deno.build.os === "linux") assert(Number(event.open_connections) >= 1, "the one that listens");
    break;
  }
  server.kill("SIGTERM");
  assertEquals((await server.ended).code, 0);
});

await testInBrowser("/ shows live what the site sees, accessibly and asking nobody else", async (run) => {
  await using site = serveSite();
  await run("home", site.url);
});
