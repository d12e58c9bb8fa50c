import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { SHUTDOWN_DEADLINE_MS } from "../constants.ts";
import { testNeeding } from "./helpers/needs.ts";
import { get, raw } from "./helpers/raw.ts";
import { spawnServer } from "./helpers/spawn_server.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const SERVER = new URL("../server.ts", import.meta.url).pathname;

async function run(args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

test("server.ts says where it listens and where the docs are, and nothing else", async () => {
  const server = await spawnServer(["--delay", "1ms"]);
  assertEquals(await (await fetch(`${server.url}7`)).text(), "7");
  server.kill("SIGTERM");
  const { code, stdout, stderr } = await server.ended;
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  assertEquals(stdout, [`listening on ${server.url}`, `docs at ${server.url}docs`]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`server.ts answers what was asked, then ends, on ${signal}`, async () => {
    const server = await spawnServer(["--delay", "300ms"]);
    const asked = fetch(`${server.url}7`);
    while ((await (await fetch(`${server.url}stats`)).json()).in_flight < 1);
    server.kill(signal);
    assertEquals(await (await asked).text(), "7");
    assertEquals((await server.ended).code, 0);
  });
}

test("server.ts ends at once on a second signal", async () => {
  const server = await spawnServer(["--delay", "1m"]);
  const asked = raw(server.url, get("/7"));
  while ((await (await fetch(`${server.url}stats`)).json()).in_flight < 1);
  server.kill("SIGINT");
  // It stops listening when it has taken the first signal in.
  while (await Deno.connect({ port: Number(new URL(server.url).port) }).then((c) => (c.close(), true), () => false));
  await delay(500); // what comes before counts as the same signal
  server.kill("SIGINT");
  assertEquals((await server.ended).code, 130);
  assertEquals((await asked).text, "");
});

test("server.ts ends after SHUTDOWN_DEADLINE_MS, and says what it left unanswered", async () => {
  const server = await spawnServer(["--delay", "1m"]);
  const asked = raw(server.url, get("/7"));
  while ((await (await fetch(`${server.url}stats`)).json()).in_flight < 1);
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended;
  assertEquals([code, stderr], [0, `server: stopped with 1 requests unanswered after ${SHUTDOWN_DEADLINE_MS} ms\n`]);
  await asked;
});

test("server.ts --stop-on-eof ends when its standard input does", async () => {
  const server = await spawnServer();
  await server[Symbol.asyncDispose]();
  assertEquals((await server.ended).code, 0);
});

test("server.ts says that the port is taken and exits 1", async () => {
  await using server = await spawnServer();
  const { port } = new URL(server.url);
  const { code, stdout, stderr } = await run(["run", "-A", SERVER, "--port", port]);
  assertEquals({ code, stdout }, { code: 1, stdout: "" });
  assertMatch(
    stderr,
    new RegExp(`^server: can't listen on 127\\.0\\.0\\.1:${port}, something else does;.*--port.*\\n$`),
  );
});

test("server.ts refuses mistakes on its command line with one line and exits 2", async () => {
  for (const args of [["--prot", "1"], ["--port", "65536"], ["--delay", "soon"], ["now"]]) {
    const { code, stdout, stderr } = await run(["run", "-A", SERVER, ...args]);
    assertEquals({ code, stdout, lines: stderr.split("\n").length }, { code: 2, stdout: "", lines: 2 });
    assertStringIncludes(stderr, args[0]);
  }
});

test("server.ts --help explains its flags", async () => {
  const { code, stdout, stderr } = await run(["run", "-A", SERVER, "--help"]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  for (const flag of ["--port N", "--hostname ADDRESS", "--delay DURATION", "--stop-on-eof"]) {
    assertStringIncludes(stdout, flag);
  }
});

test("server.ts warns when it listens beyond this machine", async () => {
  const server = await spawnServer(["--hostname", "0.0.0.0"]);
  assertEquals(new URL(server.url).hostname, "127.0.0.1");
  server.kill("SIGTERM");
  const { stderr } = await server.ended;
  assertMatch(stderr, /^server: anyone who can reach 0\.0\.0\.0 can make this server misbehave; .*\n$/);
});

test("server.ts outlives running out of file descriptors", async () => {
  const server = await spawnServer(["--delay", "200ms"], { before: "ulimit -n 120" });
  const outcomes = await Promise.allSettled(Array.from({ length: 300 }, () => raw(server.url, get("/7"))));
  assert(outcomes.some((outcome) => outcome.status === "fulfilled" && outcome.value.text.endsWith("7")));
  assertStringIncludes((await raw(server.url, get("/8"))).text, "200 OK");
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended;
  assertEquals(code, 0);
  assertMatch(stderr, /can't accept connections, trying again: .*[Tt]oo many open files/);
});

test("server.ts holds 2,000 connections that come at once", async () => {
  await using server = await spawnServer(["--delay", "500ms"]);
  const answers = await Promise.all(Array.from({ length: 2_000 }, () => raw(server.url, get("/7"))));
  assertEquals(answers.filter(({ text }) => text.endsWith("\r\n\r\n7")).length, 2_000);
  const stats = await (await fetch(`${server.url}stats`)).json();
  assertEquals([stats.requests, stats.connections, stats.responses], [2_000, 2_000, { 200: 2_000 }]);
});

test("server.ts does for everyone what its flags ask for", async () => {
  await using server = await spawnServer([
    "--delay",
    "0",
    "--numbytes",
    "10",
    "--status",
    "503",
    "--failure-rate",
    "1",
  ]);
  const failed = await fetch(`${server.url}7`);
  assertEquals([failed.status, await failed.json()], [503, { detail: "Service Unavailable" }]);
  const page = await fetch(`${server.url}7?failure_rate=0`);
  assertEquals([page.status, (await page.bytes()).length], [200, 10]);
});

test("server.ts limits what its flags limit", async () => {
  await using server = await spawnServer(["--delay", "0", "--requests-per-second", "0.001", "--max-connections", "9"]);
  const statuses = [];
  for (let i = 0; i < 2; i++) statuses.push((await raw(server.url, get("/7"))).text.slice(9, 12));
  assertEquals(statuses, ["200", "429"]);
});

if (Deno.build.os === "linux") {
  test("server.ts --hosts answers on each address, and limits each for itself", async () => {
    await using server = await spawnServer([
      ..."--delay 0 --hosts 3 --limit-per host --requests-per-second 0.001".split(" "),
    ]);
    const { port } = new URL(server.url);
    // In a process that may reach those addresses, as the tests may not.
    const ask = `for (const n of [1, 1, 2, 3, 3]) {
      const response = await fetch("http://127.0.0." + n + ":${port}/7");
      console.log(n, response.status, (await response.text()).length);
    }`;
    const { stdout, stderr } = await run(["eval", ask]);
    assertEquals(stdout + stderr, "1 200 1\n1 429 30\n2 200 1\n3 200 1\n3 429 30\n");
  });
}

test("server.ts says which of its ports or files it can't have", async () => {
  await using server = await spawnServer();
  const { port } = new URL(server.url);
  const frames = await run(["run", "-A", SERVER, "--port", "0", "--h2-port", port]);
  assertEquals([frames.code, frames.stderr.split("\n").length], [1, 2]);
  assertStringIncludes(frames.stderr, `127.0.0.1:${port}`);
  assertStringIncludes(frames.stderr, "--h2-port");
  const file = await run(["run", "-A", SERVER, "--port", "0", "--ca-file", "/no/such/folder/ca.pem"]);
  assertEquals([file.code, file.stderr.split("\n").length], [1, 2]);
  assertStringIncludes(file.stderr, "can't write --ca-file /no/such/folder/ca.pem");
});

test("server.ts --upstream passes on, and has a port to control it at", async () => {
  await using upstream = await spawnServer(["--delay", "0"]);
  await using server = await spawnServer(["--upstream", upstream.url]);
  while (server.stdout.length < 2) await delay(10); // the line after the one that says where it listens
  const [, docs] = server.stdout;
  const control = docs.slice("docs at ".length, -"docs".length);
  assertEquals(docs, `docs at ${control}docs`);
  assertEquals(control === server.url, false);
  assertEquals((await (await fetch(`${server.url}headers`)).json()).headers.host, new URL(upstream.url).host);
  const behaviour = { method: "PUT", body: JSON.stringify({ status: 418 }) };
  assertEquals(await (await fetch(`${control}behaviour`, behaviour)).json(), { status: 418 });
  assertEquals((await raw(server.url, get("/5"))).text.slice(9, 12), "418");
  assertEquals((await (await fetch(`${control}stats`)).json()).responses, { 200: 1, 418: 1 });
  assertEquals((await (await fetch(`${server.url}stats`)).json()).detail, "I'm a teapot");
});

test("server.ts refuses what it can't do in front of an upstream", async () => {
  for (
    const [flags, says] of [
      ["--upstream http://127.0.0.1/path", "invalid value"],
      ["--upstream nowhere", "invalid value"],
      ["--upstream http://127.0.0.1:9 --numbytes 5", "--numbytes"],
      ["--upstream http://127.0.0.1:9 --h2-port 0", "--h2-port"],
    ]
  ) {
    const { code, stderr } = await run(["run", "-A", SERVER, "--port", "0", ...flags.split(" ")]);
    assertEquals([code, stderr.split("\n").length], [2, 2]);
    assertStringIncludes(stderr, says);
  }
});

test("deno serve refuses the flags that it would ignore", async () => {
  const { code, stderr } = await run(["serve", "-A", "--port", "0", SERVER, "--tls"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "server: --tls does nothing under deno serve; use deno run -A server.ts");
});

test("server.ts --access-log notes every request", async () => {
  const file = await Deno.makeTempFile();
  try {
    const server = await spawnServer(["--delay", "0", "--access-log", file]);
    await raw(server.url, get("/7?delay=1"));
    await raw(server.url, get("/abc"));
    await raw(server.url, get("/8?fault=TRUNCATE"));
    await raw(server.url, get("/stats"));
    server.kill("SIGTERM");
    await server.ended;
    const lines = (await Deno.readTextFile(file)).trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ method, path, status, fault, address }) => ({ method, path, status, fault, address })), [
      { method: "GET", path: "/7?delay=1", status: 200, fault: undefined, address: "127.0.0.1" },
      { method: "GET", path: "/abc", status: 422, fault: undefined, address: "127.0.0.1" },
      { method: "GET", path: "/8?fault=TRUNCATE", status: 200, fault: "TRUNCATE", address: "127.0.0.1" },
    ]);
    assert(lines.every(({ time, port, ms }) => new Date(time).toISOString() === time && port > 0 && ms >= 0));
  } finally {
    await Deno.remove(file);
  }
});

test("server.ts goes on without an access log that can't be written", async () => {
  const server = await spawnServer(["--delay", "0", "--access-log", "/dev/full"]);
  await raw(server.url, get("/7"));
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended;
  assertEquals(code, 0);
  assertMatch(stderr, /^server: can't write the access log, it ends here: .*No space left.*\n$/);
});

test("server.ts needs no more than --allow-net for plain pages", async () => {
  const args = ["run", "--allow-net", "--no-prompt", SERVER, "--port", "0", "--delay", "0"];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const [, url] = (await reader.read()).value?.match(/^listening on (\S+)/) ?? [];
  assertEquals(await (await fetch(`${url}7`)).text(), "7");
  child.kill("SIGTERM");
  while (!(await reader.read()).done);
  assertEquals(await new Response(child.stderr).text(), "");
  assertEquals((await child.status).code, 0);
});

test("server.ts says why it can't do what its flags ask for, and exits 1", async () => {
  const { code, stderr } = await run(["run", "-A", SERVER, "--access-log", "/no/such/folder/log"]);
  assertEquals([code, stderr.split("\n").length], [1, 2]);
  const without = await run(["run", "--allow-net", "--allow-read", "--allow-env", SERVER, "--max-connections", "1"]);
  assertEquals(without.code, 1);
  assertStringIncludes(without.stderr, "--allow-ffi");
});

for (const parallel of [[], ["--parallel"]]) {
  test(`deno serve ${parallel} serves what server.ts exports`.replace("  ", " "), async () => {
    const args = ["serve", "-A", ...parallel, "--host", "127.0.0.1", "--port", "0", SERVER, "--delay", "1ms"];
    const child = new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "piped" }).spawn();
    const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!/http:\/\/\S+\/.*\n/.test(said)) said += (await reader.read()).value ?? "";
    const [url] = said.match(/http:\/\/127\.0\.0\.1:\d+\//) ?? [];
    assertEquals(await (await fetch(`${url}7`)).text(), "7");
    // Not SIGTERM: it passes those threads by that aren't ready for it yet, and they would stay.
    child.kill("SIGKILL");
    while (!(await reader.read()).done);
    await child.status;
  });
}
