import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { testNeeding } from "../../helpers/needs.ts";
import { type RacePage, serveRacePage } from "../../helpers/race_page.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");
const testOfProcesses = (name: string, fn: () => Promise<void>) =>
  Deno.build.os === "linux" ? test(name, fn) : test(`${name} (left out: needs Linux)`, () => {});

const start = ({ url }: RacePage, { choice = { pages: 24, delayMs: 2_000 }, ...init }: StartOptions = {}) =>
  fetch(`${url}race`, {
    method: "POST",
    headers: { origin: new URL(url).origin, "content-type": "application/json" },
    body: JSON.stringify(choice),
    ...init,
  });

interface StartOptions extends RequestInit {
  choice?: unknown;
}

/** Reads what a race tells until a strategy has started. */
async function started(answer: Response): Promise<ReadableStreamDefaultReader<string>> {
  assert(answer.body);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    said += read.value;
    if (said.includes('"started"')) return reader;
  }
  throw new Error(`The race ended before it began: ${said}`);
}

/** All processes that haven't ended; one whose exit code nobody has taken yet has. By `cat`: Deno reads there by --allow-all. */
async function processes(): Promise<{ pid: number; parent: number }[]> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "cat /proc/[0-9]*/stat 2>/dev/null"] }).output();
  return [...new TextDecoder().decode(stdout).matchAll(/^(\d+) \(.*\) (\S) (\d+) /gm)]
    .filter(([, , state]) => state !== "Z")
    .map(([, pid, , parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

async function childrenOf(pid: number): Promise<number[]> {
  return (await processes()).filter(({ parent }) => parent === pid).map(({ pid }) => pid);
}

/** Waits until processes have ended. */
async function end(pids: readonly number[]): Promise<void> {
  while ((await processes()).some(({ pid }) => pids.includes(pid))) await delay(20);
}

test("race --web serves its page and its modules, without their types, and no other file", async () => {
  await using race = await serveRacePage();
  const page = await fetch(race.url);
  assertEquals(page.status, 200);
  assertStringIncludes(page.headers.get("content-security-policy") ?? "", "default-src 'none'");
  assertStringIncludes(await page.text(), "Five ways to download");
  const paths = new Set(["/tasks/race_web/page/main.ts"]);
  for (const path of paths) {
    const answer = await fetch(new URL(path, race.url));
    const text = await answer.text();
    assertEquals([answer.status, answer.headers.get("content-type")], [200, "text/javascript; charset=utf-8"], path);
    assert(!/^import type|^(export )?interface/m.test(text), path);
    for (const [, imported] of text.matchAll(/from "(\.[^"]+)"/g)) {
      paths.add(new URL(imported, new URL(path, race.url)).pathname);
    }
  }
  assert(paths.size > 15);
  for (const path of ["deno.json", "tasks/race_web/serve.ts", "tasks/race_web/page/", "%2e%2e/README.md", "x"]) {
    const answer = await fetch(race.url + path);
    assertEquals([answer.status, await answer.json()], [404, { detail: "there is no such page" }], path);
  }
  const { cores, load, deno } = await (await fetch(`${race.url}machine`)).json();
  assertEquals([typeof cores, typeof load, deno], ["number", "number", Deno.version.deno]);
});

test("race --web starts a race for its own page only, over what that offers, and one at a time", async () => {
  await using race = await serveRacePage();
  const json = "application/json";
  const { origin } = new URL(race.url);
  const status = async (init: StartOptions) => {
    const answer = await start(race, init);
    await answer.body?.cancel();
    return answer.status;
  };
  assertEquals(await status({ headers: { "content-type": json } }), 403);
  assertEquals(await status({ headers: { "content-type": json, origin: "http://evil.test" } }), 403);
  assertEquals(await status({ headers: { "content-type": "text/plain", origin } }), 415);
  assertEquals(await status({ choice: { pages: 24, delayMs: "500 --port=1" } }), 400);
  assertEquals(await status({ body: "{" }), 400);

  const reader = await started(await start(race));
  assertEquals(await status({}), 409);
  await reader.cancel();
  // Its processes take a moment to end
  let again = await start(race);
  for (; again.status === 409; again = await start(race)) {
    await again.body?.cancel();
    await delay(20);
  }
  await (await started(again)).cancel();
});

testOfProcesses(
  "race --web ends a race's processes with its page's request, by Ctrl-C, and when it is killed",
  async () => {
    for (const how of ["SIGINT", "SIGKILL"] as const) {
      await using race = await serveRacePage();
      const reader = await started(await start(race));
      const children = await childrenOf(race.pid);
      assertEquals(children.length, 2, "a website and a strategy");
      race.kill(how);
      assertEquals(await race.ended, how === "SIGINT" ? 130 : 137, how);
      await end(children);
      await reader.cancel().catch(() => {}); // what it read from is gone
    }
    await using race = await serveRacePage();
    const reader = await started(await start(race));
    const children = await childrenOf(race.pid);
    await reader.cancel();
    await end(children);
    assertEquals(await childrenOf(race.pid), []);
  },
);

test("race --web refuses flags that its page has controls for, in one line", async () => {
  for (const flag of ["--trials=5", "--html=x.html", "--quiet"]) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "tasks/race.ts", "--web", flag],
    }).output();
    assertEquals(code, 2);
    assertMatch(new TextDecoder().decode(stderr), /^race: --\w+ has no meaning with --web, whose page .*\n$/);
  }
});
