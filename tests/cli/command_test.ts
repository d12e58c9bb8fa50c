/** Commands, and the scripts as their users run them: what they print, where, and the exit code. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { command } from "../../lib/cli/command.ts";
import { CommandError } from "../../lib/core/errors.ts";
import type { Summary } from "../../lib/metrics/summary.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read");

const SCRIPTS = ["simple", "threaded", "async", "optimized", "download"];
const path = (script: string) => new URL(`../../${script}.ts`, import.meta.url).pathname;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Starts a script. */
function start(script: string, args: string[], options: { cwd?: string } = {}): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    ...options,
    args: ["run", "-A", "--quiet", path(script), ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const run = (script: string, args: string[], options = {}) => ended(start(script, args, options));

/** Runs a shell command in which `$deno` runs a script. */
async function shell(line: string): Promise<Ended> {
  const env = { NO_COLOR: "1", deno: `${Deno.execPath()} run -A --quiet` };
  return await ended(
    new Deno.Command("bash", { args: ["-c", line], env, stdin: "null", stdout: "piped", stderr: "piped" }).spawn(),
  );
}

Deno.test("command() exits with the code of its work, or of the error that ended it", async () => {
  assertEquals(await command("test", () => Promise.resolve(7)), 7);
  const error = new CommandError("this line is part of the test", { exitCode: 3 });
  assertEquals(await command("test", () => Promise.reject(error)), 3);
});

Deno.test("command() lets an error that nobody expected pass, with its stack", async () => {
  const bug = new TypeError("a bug");
  assertEquals(await assertRejects(() => command("test", () => Promise.reject(bug))), bug);
});

for (const script of SCRIPTS) {
  test(`${script}.ts prints one line in the shape of the original, and nothing else`, async () => {
    await using server = new CountingServer();
    const { code, stdout, stderr } = await run(script, ["--url", server.url, "--trials", "7"]);
    assertMatch(stdout, /^computed value 21 for 7 trials in \d+\.\d\ds\n$/);
    assertEquals([code, stderr, server.counts()], [0, "", Array(7).fill(1)]);
  });

  test(`${script}.ts --json prints a summary that balances`, async () => {
    await using server = new CountingServer({
      answer: (path) => new Response(path.slice(1), { status: path === "/3" ? 404 : 200 }),
    });
    const { code, stdout } = await run(script, ["--url", server.url, "--trials", "7", "--json"]);
    const summary: Summary = JSON.parse(stdout);
    assertEquals(stdout.trimEnd().split("\n").length, 1);
    const { asked, done, skipped, failed, notStarted } = summary;
    assertEquals([code, asked, done, failed, summary.value], [1, 7, 6, 1, "18"]);
    assertEquals(done + skipped + failed + notStarted, asked);
  });

  test(`${script}.ts balances and exits with 130 after Ctrl-C`, async () => {
    const waiting = Promise.withResolvers<void>();
    await using server = new CountingServer({
      answer(path) {
        if (path !== "/0") return new Promise(() => waiting.resolve());
        return new Response("0");
      },
    });
    const child = start(script, ["--url", server.url, "--trials", "30", "--json"]);
    await waiting.promise;
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended(child);
    const { asked, done, skipped, failed, notStarted, interrupted, failures }: Summary = JSON.parse(stdout);
    assertEquals([code, asked, interrupted], [130, 30, true]);
    assertEquals(done + skipped + failed + notStarted, 30);
    assertEquals(failures.map(({ kind }) => kind), ["aborted"]);
    if (notStarted > 0) assertMatch(stderr, new RegExp(`interrupted after .*: ${notStarted} not started`));
  });
}

for (const [trials, value] of [["0", "0"], ["1", "0"], ["2", "1"]]) {
  test(`A script with --trials ${trials} computes ${value}`, async () => {
    await using server = new CountingServer();
    const { code, stdout } = await run("optimized", ["--url", server.url, "--trials", trials]);
    assertMatch(stdout, new RegExp(`^computed value ${value} for ${trials} trials in`));
    assertEquals(code, 0);
  });
}

test("A script says on stderr what failed, with an example, and exits with 1", async () => {
  await using server = new CountingServer({
    answer: (path) => new Response(path === "/2" ? "3" : path.slice(1), { status: path > "/3" ? 404 : 200 }),
  });
  const { code, stdout, stderr } = await run("async", ["--url", server.url, "--trials", "6"]);
  assertMatch(stdout, /^computed value 4 for 3 of 6 trials in \d+\.\d\ds\n$/);
  assertEquals([code, stderr.trimEnd().split("\n")], [1, [
    `2 failed (status), for example ${server.url}/4: the server answered 404 Not Found`,
    `1 failed (unexpected-value), for example ${server.url}/2: the page says "3", not 2`,
  ]]);
});

const mistakes: [args: string[], message: string][] = [
  [["--trails", "5"], "simple.ts: unknown flag --trails; did you mean --trials? See --help\n"],
  [["--trials", "x"], `simple.ts: invalid value "x" for --trials: expected a whole number of at least 0\n`],
  [["--concurrency", "2"], `simple.ts: invalid value "2" for --concurrency: expected 1 and nothing else\n`],
  [
    ["--url", "file:///etc/passwd"],
    `simple.ts: invalid value "file:///etc/passwd" for --url: expected an http:// or https:// URL\n`,
  ],
  [["--url", "data:,5"], `simple.ts: invalid value "data:,5" for --url: expected an http:// or https:// URL\n`],
  [["5"], `simple.ts: "5" is not an http:// or https:// URL; name a list of URLs with --input\n`],
];
for (const [args, message] of mistakes) {
  test(`A script refuses ${args.join(" ")} in one line and exits with 2`, async () => {
    assertEquals(await run("simple", args), { code: 2, stdout: "", stderr: message });
  });
}

test("A script explains itself with --help, and does nothing else", async () => {
  const { code, stdout, stderr } = await run("threaded", ["--help", "--url", "http://127.0.0.1:9/"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(
    stdout,
    /^Downloads many pages, or the files of a list: one at a time in each of many Web Workers.\n\nUsage:\n/,
  );
});

test("A script with --url never starts a server of its own", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  listener.close();
  const { code, stdout, stderr } = await run("async", ["--url", url]);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, new RegExp(`^async.ts: nothing answers at ${url} \\(.*\\); start a server there.*\n$`));
});

test("A script keeps path and query of --url, and credentials to itself", async () => {
  const asked: string[] = [];
  await using server = new CountingServer({
    answer(path, _nth, request) {
      asked.push(new URL(request.url).search, request.headers.get("authorization") ?? "none");
      return new Response(path === "/base/1" ? "wrong" : path.split("/")[2]);
    },
  });
  const url = `${server.url.replace("://", "://user:s3cret@")}/base?delay=1`;
  const { code, stderr } = await run("optimized", ["--url", url, "--trials", "2"]);
  assertEquals([...server.requests.keys()].sort(), ["/base/0", "/base/1"]);
  assertEquals([...new Set(asked)], ["?delay=1", `Basic ${btoa("user:s3cret")}`]);
  assertEquals([code, stderr.includes("s3cret")], [1, false]);
});

test("A script started elsewhere, with nobody at the default address, has a server for the length of its run", async () => {
  const folder = await Deno.makeTempDir();
  const { code, stdout, stderr } = await run("async", ["--trials", "3"], { cwd: folder });
  await Deno.remove(folder);
  assertMatch(stdout, /^computed value 3 for 3 trials in/);
  const started = /started one at (\S+) for this run/.exec(stderr);
  assertEquals(code, 0);
  if (started) assertEquals(await answers(started[1]), false);
});

/** Whether a server answers. */
async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** The server that a script has started, once it has said so. */
async function serverOf(child: Deno.ChildProcess): Promise<string | undefined> {
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    const url = /started one at (\S+) for this run\n/.exec(said)?.[1];
    if (url) return url;
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  test(`A script that ends by ${signal} leaves no server running`, async () => {
    const child = start("simple", ["--trials", "1000"]);
    const url = await serverOf(child);
    // Someone's own server may listen at the default address; then none is started, and there is nothing to see.
    if (url) assert(await answers(url));
    child.kill(signal);
    await Promise.all([child.status, child.stdout.cancel()]);
    if (url) { while (await answers(url)); // a server that goes on would be a test that does
     }
  });
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  test(`A command is asked to end by the first ${signal}, and ends at once at the second`, async () => {
    const child = start("tests/fixtures/stubborn_command", []);
    const said = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await said.read()).value, "begun\n");
    child.kill(signal);
    assertEquals((await said.read()).value, "asked to end\n");
    await delay(500); // what comes before counts as the same signal
    child.kill(signal);
    assertEquals((await child.status).code, code);
    await Promise.all([said.cancel(), child.stderr.cancel()]);
  });
}

test("A script whose output nobody reads ends without a word", async () => {
  await using server = new CountingServer();
  const { stdout, stderr } = await shell(
    `$deno ${path("async")} --trials 3 --url ${server.url} | head -0; echo \${PIPESTATUS[0]}`,
  );
  assertEquals([stdout, stderr], ["0\n", ""]);
});

test("A script that can't write its result says so in one line and exits with 3", async () => {
  await using server = new CountingServer();
  const { code, stderr } = await shell(`$deno ${path("async")} --trials 3 --url ${server.url} > /dev/full`);
  assertEquals([code, stderr], [3, "async.ts: can't write the result: No space left on device (os error 28)\n"]);
});

test("Scripts at the same time don't disturb each other", async () => {
  await using server = new CountingServer();
  const runs = await Promise.all(SCRIPTS.map((script) => run(script, ["--url", server.url, "--trials", "20"])));
  for (const { code, stdout } of runs) {
    assertMatch(stdout, /^computed value 190 for 20 trials/);
    assertEquals(code, 0);
  }
  assertEquals(server.counts(), Array(20).fill(SCRIPTS.length));
});

for (const script of ["async", "optimized", "download"]) {
  test(`${script}.ts gets every page with few file descriptors, or says which it didn't`, async () => {
    await using server = new CountingServer();
    const { code, stdout, stderr } = await shell(
      `ulimit -n 256; $deno ${path(script)} --trials 2000 --json --url ${server.url}`,
    );
    const { asked, done, skipped, failed, notStarted }: Summary = JSON.parse(stdout);
    assertEquals(done + skipped + failed + notStarted, asked);
    assertEquals([code, stderr.includes("panicked")], [failed ? 1 : 0, false]);
    if (script === "optimized") assertEquals(done, 2_000);
  });
}
