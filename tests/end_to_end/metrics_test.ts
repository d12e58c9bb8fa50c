/** What `--metrics-port` serves of every script, while it runs and at its end. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TITLES } from "../../tasks/strategies.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { promtoolCheck, promtoolTest } from "../helpers/promtool.ts";
import { runWithMetrics } from "../helpers/run_with_metrics.ts";
import { scrape, scrapeUntil } from "../helpers/scrape.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const DONE = 'downloads_total{result="done",kind=""}';
const NOT_FOUND = 'downloads_total{result="failed",kind="status"}';
const DUPLICATE = 'downloads_total{result="skipped",kind="duplicate"}';
const WAITS = /^metrics: waiting until the totals have been fetched/;

/** A website whose paths /wait… answer when they may, /none never, and /later at the second request. */
function gatedSite() {
  const gate = Promise.withResolvers<void>();
  const site = new CountingServer({
    async answer(path, nth) {
      if (path.startsWith("/wait")) await gate.promise;
      const status = path === "/none" ? 404 : path === "/later" && nth === 1 ? 500 : 200;
      return new Response("12345", { status });
    },
  });
  const urls = ["/wait0", "/wait1", "/wait2", "/none", "/later", "/wait0"].map((path) => site.url + path);
  return { site, urls, open: () => gate.resolve() };
}

const of = (values: Map<string, number>, ...names: string[]) => names.map((name) => values.get(name));

for (const title of TITLES) {
  test(`${title}.ts --metrics-port serves what goes on, and in the end what became of every URL`, async () => {
    const { site: opened, urls, open } = gatedSite();
    await using site = opened;
    const run = await runWithMetrics(title, urls);
    if (title === "simple") {
      const during = await scrapeUntil(run.metrics, "downloads_in_flight", 1);
      assertEquals(of(during, DONE, "downloads_read_total"), [0, 1]);
    } else {
      const during = await scrapeUntil(run.metrics, DONE, 1);
      assertEquals(of(during, "downloads_in_flight", NOT_FOUND, DUPLICATE), [3, 1, 1]);
      assertEquals(of(during, "downloads_read_total", "downloads_retries_total"), [6, 1]);
      assertEquals(of(during, "downloads_duration_seconds_count"), [1]);
    }
    open();
    await run.says(WAITS);
    const { values } = await scrape(run.metrics);
    assertEquals(of(values, DONE, NOT_FOUND, DUPLICATE), [4, 1, 1]);
    assertEquals(of(values, `downloads_run_info{strategy="${title}"}`, "downloads_in_flight"), [1, 0]);
    assertEquals(of(values, "downloads_read_total", "downloads_retries_total"), [6, 1]);
    assertEquals(of(values, "downloads_duration_seconds_count", "downloads_first_byte_seconds_count"), [4, 5]);
    assertEquals(values.get("downloads_received_bytes_total"), 20);
    const { code, stdout } = await run.ended;
    assertEquals([code, site.requests.get("/later"), site.requests.get("/wait0")], [1, 2, 1]);
    assertMatch(stdout, /^read 4 of 6 URLs/);
    await assertRejects(() => fetch(run.metrics));
  });
}

test("--metrics-port tells what is there, unchanged, unwanted, and listed before", async () => {
  await using site = new CountingServer({
    answer: (path, _, { headers }) =>
      headers.has("if-none-match")
        ? new Response(null, { status: 304, headers: { etag: '"1"' } })
        : new Response("body", { headers: { etag: '"1"', "content-type": path === "/page" ? "text/html" : "a/b" } }),
  });
  const folder = await Deno.makeTempDir();
  try {
    const urls = ["/a", "/page", "/a"].map((path) => site.url + path);
    const kinds = ["there", "unchanged", "unwanted", "duplicate"];
    const flags = ["--output", folder, "--update", "--reject", "text/*", "--unwanted", "skip"];
    for (const expected of [[0, 0, 1, 1], [0, 1, 1, 1]]) {
      const run = await runWithMetrics("download", urls, flags);
      await run.says(WAITS);
      const { values } = await scrape(run.metrics);
      assertEquals(of(values, ...kinds.map((kind) => `downloads_total{result="skipped",kind="${kind}"}`)), expected);
      await run.ended;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("download.ts --metrics-port counts its connections, which are gone in the end", async () => {
  const { site: opened, urls, open } = gatedSite();
  await using site = opened;
  const run = await runWithMetrics("download", urls.slice(0, 3));
  const during = await scrapeUntil(run.metrics, 'downloads_connections{state="busy"}', 3);
  assertEquals([during.get('downloads_connections{state="idle"}'), site.connections.size], [0, 3]);
  open();
  await run.says(WAITS);
  const { values } = await scrape(run.metrics);
  assertEquals(of(values, 'downloads_connections{state="busy"}', 'downloads_connections{state="idle"}'), [0, 0]);
  assertEquals((await run.ended).code, 0);
});

test("download.ts --metrics-port shows hosts that downloads wait for, and circuit breakers that aren't closed", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close(); // nothing listens there any more
  const urls = Array.from({ length: 20 }, (_, n) => `http://127.0.0.1:${listener.addr.port}/${n}`);
  const run = await runWithMetrics("download", urls, ["--per-host", "5"]);
  const values = await scrapeUntil(run.metrics, "downloads_circuit_breakers_open", 1);
  const [waiting = 0, retries = 0] = of(
    values,
    'downloads_deferred{reason="host"}',
    'downloads_deferred{reason="retry"}',
  );
  assertEquals(values.get("downloads_hosts_waiting"), 1);
  assert(waiting + retries >= 15, `${waiting} and ${retries}`);
  run.kill("SIGINT");
  const { code, stderr } = await run.ended;
  assertEquals(code, 130);
  assert(!stderr.includes("waiting until"), "after Ctrl-C nothing is waited for");
});

test("--metrics-linger 0 ends a run at once, although nobody has fetched its totals", async () => {
  const { site: opened, urls, open } = gatedSite();
  await using _site = opened;
  const run = await runWithMetrics("async", urls.slice(0, 2), ["--metrics-linger", "0"]);
  open();
  assertEquals((await run.ended).code, 0);
});

const script = (title: string) => new URL(`../../${title}.ts`, import.meta.url).pathname;

async function ended(title: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", script(title), ...args] });
  const { code, stdout, stderr } = await command.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

test("--metrics-port refuses a port that is taken in one line, with exit code 2, before anything is requested", async () => {
  await using site = new CountingServer();
  const { port } = new URL(site.url);
  const { code, stdout, stderr } = await ended("download", `${site.url}/1`, "--metrics-port", port);
  assertEquals([code, stdout, site.requests.size], [2, "", 0]);
  assertEquals(
    stderr,
    `download.ts: can't serve metrics on 127.0.0.1:${port}, something else listens there: ` +
      "choose another port with --metrics-port (0: any)\n",
  );
});

test("--metrics-host refuses an address that isn't this machine's", async () => {
  const { code, stderr } = await ended(
    "async",
    "http://127.0.0.1:9/",
    "--metrics-port",
    "0",
    "--metrics-host",
    "192.0.2.1",
  );
  assertEquals(code, 2);
  assertMatch(stderr, /^async\.ts: can't serve metrics on 192\.0\.2\.1:0, which isn't an address .*--metrics-host\n$/);
});

test("--dry-run serves no metrics", async () => {
  await using site = new CountingServer();
  const { port } = new URL(site.url);
  const { code } = await ended("download", `${site.url}/1`, "-o", "files", "--dry-run", "--metrics-port", port);
  assertEquals([code, site.requests.size], [0, 0]);
});

promtoolTest("promtool has nothing to say against the metrics of a run", async () => {
  const { site: opened, urls, open } = gatedSite();
  await using _site = opened;
  const run = await runWithMetrics("download", urls);
  open();
  await run.says(WAITS);
  const { text } = await scrape(run.metrics);
  assertEquals(await promtoolCheck(text), "");
  await run.ended;
});
