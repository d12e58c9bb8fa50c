import { assertEquals, assertMatch } from "@std/assert";
import { Journal } from "../../site/journal.ts";
import { readSettings } from "../../site/run_time.ts";
import { testNeeding } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");

async function ask(url: string, method?: string, body?: unknown) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, { method, body: body === undefined ? undefined : text });
  return [response.status, await response.json()];
}
const answerOf = async (url: string, path = "/7") => (await raw(url, get(path))).text.split("\r\n\r\n")[1];

test("PUT /behaviour changes what the site does, plain pages too; DELETE brings back what the flags say", async () => {
  await using site = serveSite({ behaviour: { numbytes: 3 } });
  assertEquals((await answerOf(site.url)).length, 3);
  assertEquals(await ask(`${site.url}behaviour`, "PUT", { numbytes: 5 }), [200, { numbytes: 5 }]);
  assertEquals((await answerOf(site.url)).length, 5);
  await ask(`${site.url}behaviour`, "PUT", {});
  assertEquals(await answerOf(site.url), "7");
  await ask(`${site.url}behaviour`, "PUT", { status: 418 });
  assertMatch(await answerOf(site.url), /teapot/);
  await ask(`${site.url}behaviour`, "DELETE");
  assertEquals((await answerOf(site.url)).length, 3);
  assertEquals(await ask(`${site.url}behaviour`), [200, { delay: 0, numbytes: 3 }]);
  assertEquals(site.stats.report().requests, 5);
});

test("PUT /behaviour changes limits, and the delay, for those who come after it", async () => {
  await using site = serveSite();
  const open = raw(site.url, get("/7?delay=100"));
  while (site.stats.inFlight < 1) await raw(site.url, get("/stats"));
  await ask(`${site.url}behaviour`, "PUT", { requests_per_second: 0.001, refuse_with: "slow-down" });
  assertEquals(await answerOf(site.url), "7");
  assertMatch(await answerOf(site.url), /SlowDown/);
  assertMatch((await open).text, /\r\n\r\n7$/);
  await ask(`${site.url}behaviour`, "PUT", { delay: 30 });
  const start = performance.now();
  assertEquals(await answerOf(site.url), "7");
  assertEquals(performance.now() - start >= 30, true);
  assertEquals(site.stats.inFlight, 0);
});

test("PUT /behaviour refuses what is unknown, out of bounds, or no JSON, and changes nothing then", async () => {
  await using site = serveSite();
  for (
    const [body, name] of [
      [{ dealy: 1 }, "dealy"],
      [{ delay: "5" }, "delay"],
      [{ failure_rate: 2 }, "failure_rate"],
      [{
        journal: 1e9,
      }, "journal"],
      ["{", ""],
      [[], ""],
      ["x".repeat(70_000), ""],
    ] as const
  ) {
    const [status, { detail }] = await ask(`${site.url}behaviour`, "PUT", body);
    assertEquals([status, detail[0].loc], [422, ["body", name]]);
  }
  assertEquals(await ask(`${site.url}behaviour`), [200, { delay: 0 }]);
  const response = await fetch(`${site.url}behaviour`, { method: "POST" });
  await response.body?.cancel();
  assertEquals([response.status, response.headers.get("allow")], [405, "GET, HEAD, PUT, DELETE"]);
});

test("PUT /behaviour?scenario= takes one of the scenarios, and none that isn't there", async () => {
  const scenarios = { bad: { status: 500 }, "very slow": { delay: 20 } };
  await using site = serveSite({ scenarios });
  assertEquals(await ask(`${site.url}scenarios`), [200, scenarios]);
  assertEquals(await ask(`${site.url}behaviour?scenario=bad`, "PUT"), [200, { status: 500 }]);
  assertMatch((await raw(site.url, get("/7"))).text, /^HTTP\/1\.1 500 /);
  for (const name of ["other", "toString"]) {
    const [status, { detail }] = await ask(`${site.url}behaviour?scenario=${name}`, "PUT");
    assertEquals([status, detail[0].loc], [422, ["query", "scenario"]]);
  }
});

test("/requests keeps the last ones, filters them, and forgets them when told", async () => {
  await using site = serveSite({ journal: 3 });
  for (const path of ["/1", "/2?delay=0", "/a/b", "/3"]) await raw(site.url, get(path));
  await (await fetch(`${site.url}4`, { method: "POST" })).body?.cancel();
  const paths = async (query = "") => {
    const [, { kept, requests }] = await ask(`${site.url}requests${query}`);
    return [kept, requests.map(({ path }: { path: string }) => path)];
  };
  assertEquals(await paths(), [3, ["/a/b", "/3", "/4"]]);
  assertEquals(await paths("?method=post"), [3, ["/4"]]);
  assertEquals(await paths("?status=404"), [3, ["/a/b"]]);
  assertEquals(await paths("?path=/3"), [3, ["/3"]]);
  assertEquals(await paths("?path=/a*&client=127.0.0.1"), [3, ["/a/b"]]);
  assertEquals(await paths("?client=127.0.0.9"), [3, []]);
  assertEquals((await ask(`${site.url}requests?stats=5`))[0], 422);
  assertEquals((await fetch(`${site.url}requests`, { method: "DELETE" })).status, 204);
  assertEquals(await paths(), [3, []]);
  await ask(`${site.url}behaviour`, "PUT", {});
  assertEquals(await paths(), [0, []]);
});

test("Journal finds a page with or without its query, and holds no more than its size", () => {
  const journal = new Journal(2);
  const entry = (path: string) => ({ time: "", address: "a", port: 1, method: "GET", path, ms: 0 });
  for (const path of ["/1", "/2?a=1", "/3"]) journal.note(entry(path));
  assertEquals(journal.find({}).map(({ path }) => path), ["/2?a=1", "/3"]);
  for (const path of ["/2", "/2?a=1", "/2*"]) assertEquals(journal.find({ path }).length, 1);
  assertEquals(journal.find({ path: "/1" }), []);
});

test("readSettings() reads every setting under its name with underscores", () => {
  assertEquals(readSettings({ fail_first: 2, limit_per: "host", gzip: true }), {
    failFirst: 2,
    limitPer: "host",
    gzip: true,
  });
  assertEquals(Array.isArray(readSettings(null)), true);
});
