import { assert, assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { type Comparison, type Run, waitMs } from "../../bench/compare.ts";
import { describeLoad, expectedSum, type Load } from "../../bench/load.ts";
import { comparisonMarkdown, markdownTable } from "../../bench/markdown.ts";
import { readOptions } from "../../bench/options.ts";
import { DOWNLOADERS } from "../../bench/files/downloaders.ts";
import { aiohttp } from "../../bench/peers/aiohttp.ts";
import { curl } from "../../bench/peers/curl.ts";
import { h2load } from "../../bench/peers/h2load.ts";
import { hey } from "../../bench/peers/hey.ts";
import { ours } from "../../bench/peers/ours.ts";
import { NGHTTPD, NGINX, TIME } from "../../bench/programs.ts";
import { inRounds } from "../../bench/rounds.ts";
import { median, pairedRatio, spread } from "../../bench/statistics.ts";
import { makeTables } from "../../bench/tables.ts";
import { UsageError } from "../../lib/core/errors.ts";
import { testNeeding } from "../helpers/needs.ts";
import { testWith } from "../helpers/programs.ts";

const runTest = await testNeeding("net", "run", "read", "write", "env");
const chartTest = await testNeeding("read", "env");
const fileTest = await testNeeding("read", "write");

const LOAD: Load = { trials: 20, delayMs: 1_000, bytes: 0, http1: false };
const USAGE = { seconds: 1, cpuSeconds: 0.5, peakMemoryBytes: 10e6 };

const runOf = (seconds: number): Run => ({
  ...USAGE,
  seconds,
  serverCpuSeconds: 0.1,
  peakInFlight: 20,
  connections: 1,
});

Deno.test("median() is the middle one, or the mean of the two in the middle", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([10, 1, 2, 3]), 2.5);
  assertThrows(() => median([]), RangeError);
});

Deno.test("median() leaves its argument in order", () => {
  const numbers = [3, 1, 2];
  median(numbers);
  assertEquals(numbers, [3, 1, 2]);
});

Deno.test("spread() has the least and the greatest too", () => {
  assertEquals(spread([5, 1, 3]), { median: 3, min: 1, max: 5 });
});

Deno.test("pairedRatio() compares round by round, so that a slow minute cancels out", () => {
  assertAlmostEquals(pairedRatio([2, 20, 4], [1, 10, 2]) ?? NaN, 2);
  assertEquals(pairedRatio([3], [1, 100]), 3);
  assertEquals(pairedRatio([3], []), undefined);
});

Deno.test("markdownTable() aligns numbers to the right and text to the left", () => {
  assertEquals(
    markdownTable(["who", "s"], [["a", "1.25"], ["bcde", ""]]),
    ["| who  |    s |", "| ---- | ---: |", "| a    | 1.25 |", "| bcde |      |"].join("\n"),
  );
});

Deno.test("expectedSum() is exact beyond what a double can count", () => {
  assertEquals(expectedSum({ ...LOAD, trials: 100 }), "4950");
  assertEquals(expectedSum({ ...LOAD, trials: 1_000_000_007 }), "500000006500000021");
});

Deno.test("describeLoad() names what is unusual about a load", () => {
  assertEquals(describeLoad({ ...LOAD, trials: 10_000 }), "10,000 pages, server delay 1s");
  assertEquals(
    describeLoad({ trials: 5, delayMs: 10, bytes: 10_000, http1: true, concurrency: 2_000, workers: 1 }),
    "5 pages of 10 KB, server delay 10ms, HTTP/1.1 only, 2,000 in flight at most, 1 thread",
  );
});

Deno.test("comparisonMarkdown() shows ratios, failures and who was left out", () => {
  const comparison: Comparison = {
    load: LOAD,
    repeats: 3,
    rows: [
      { peer: "h2load", runs: [1, 2, 3].map(runOf) },
      { peer: "slow", runs: [runOf(4)] },
      { peer: "broken", runs: [runOf(1)], failure: "Downloaded 19 pages\nof 20" },
    ],
    leftOut: [{ peer: "absent", why: "not installed; `apt-get install absent`" }],
  };
  const text = comparisonMarkdown(comparison, "h2load");
  assertMatch(text, /^\| h2load \| 2\.00 \| 1\.00-3\.00 \| +1\.00 \|/m);
  assertMatch(text, /^\| slow +\| 4\.00 \| 4\.00-4\.00 \| +4\.00 \|/m);
  assertStringIncludes(text, "\n- slow: run once");
  assertStringIncludes(text, "\n- broken failed: Downloaded 19 pages of 20");
  assertStringIncludes(text, "\n- absent left out: not installed; `apt-get install absent`");
  assert(!text.includes("| broken"));
});

Deno.test("inRounds() takes turns, and runs nobody again who failed", async () => {
  const order: string[] = [];
  const contestant = (name: string, rounds: number, fails = false) => ({
    name,
    rounds,
    warmUp: () => Promise.resolve(),
    run() {
      order.push(name);
      return fails ? Promise.reject(new Error("no")) : Promise.resolve(USAGE);
    },
  });
  const rows = await inRounds([contestant("A", 3), contestant("B", 3, true), contestant("C", 1)], () => {});
  assertEquals(order.join(""), "ABCAA");
  assertEquals(rows.map(({ runs, failure }) => [runs.length, failure]), [[3, undefined], [0, "no"], [1, undefined]]);
});

Deno.test("every table but h2load's own has download beside optimized", () => {
  const { tuning: _tuning, ...tables } = makeTables({});
  for (const { name, peers } of Object.values(tables)) {
    const names = peers.map(({ name }) => name);
    assertEquals(names.indexOf("download"), names.indexOf("optimized") + 1, name);
  }
  const files = DOWNLOADERS.map(({ name }) => name);
  assertEquals(files.slice(0, 4), ["download", "download http1.1", "optimized", "optimized http1.1"]);
});

fileTest(
  "optimized's and download's flags follow the load, and files of a list are asked for as freely as pages",
  async () => {
    const site = { url: "http://127.0.0.1:1/", folder: await Deno.makeTempDir() };
    try {
      for (const script of ["optimized", "download"] as const) {
        const flags = async (load: Partial<Load>) => (await ours(script).command({ ...LOAD, ...load }, site)).args;
        assert((await flags({ workers: 2 })).includes("--workers=2"));
        const list = await flags({ bytes: 10_000, trials: 500 });
        for (const flag of ["--concurrency=500", "--per-host=500", "--http=auto"]) assert(list.includes(flag), flag);
      }
      assertEquals((await Deno.readTextFile(`${site.folder}/urls.txt`)).trim().split("\n").length, 500);
      assertEquals(await ours("async").refuses?.({ ...LOAD, workers: 2 }), "async.ts has no --workers");
    } finally {
      await Deno.remove(site.folder, { recursive: true });
    }
  },
);

Deno.test("waitMs() is the delay as often as a client fills what it has in flight", () => {
  const load = { ...LOAD, trials: 10_000 };
  assertEquals(waitMs(ours("simple"), load), 10_000_000);
  assertEquals(waitMs(ours("threaded"), load), 100_000);
  assertEquals(waitMs(ours("optimized"), load), 1_000);
  assertEquals(waitMs(ours("download"), { ...load, trials: 200_000 }), 2_000);
  assertEquals(waitMs(aiohttp({ name: "aiohttp", sessions: 1, limit: 100 }), load), 100_000);
  assertEquals(waitMs(h2load(), { ...load, concurrency: 100 }), 100_000);
});

Deno.test("our scripts' results are refused unless every page is in and the sum exact", () => {
  const output = (result: object) => ({ stdout: JSON.stringify(result), stderr: "" });
  const good = { done: 20, value: "190", bytes: 30, seconds: 1.5 };
  assertEquals(ours("async").read(output(good), LOAD), { seconds: 1.5 });
  for (const bad of [{ done: 19 }, { value: "189" }, { value: 190 }]) {
    assertThrows(() => ours("async").read(output({ ...good, ...bad }), LOAD), Error);
  }
  assertThrows(() => ours("async").read(output(good), { ...LOAD, bytes: 10 }), Error, "30 bytes, not 200");
});

Deno.test("h2load's and hey's results are refused unless every answer is good", () => {
  const h2 = (good: number) => ({ stdout: `finished in 750.00ms, 21 req/s\nstatus codes: ${good} 2xx, 0`, stderr: "" });
  assertEquals(h2load().read(h2(20), LOAD), { seconds: 0.75 });
  assertThrows(() => h2load().read(h2(19), LOAD), Error, "19 answers 2xx of 20");
  const said = (good: number) => ({ stdout: `  Total:\t1.25 secs\n  [200]\t${good} responses`, stderr: "" });
  assertEquals(hey.read(said(20), LOAD), { seconds: 1.25 });
  assertThrows(() => hey.read(said(7), LOAD), Error, "7 answers 200 of 20");
});

Deno.test("hey gets a number of workers that shares out evenly", () => {
  assertEquals(hey.inFlight({ ...LOAD, trials: 20, concurrency: 6 }), 5);
});

Deno.test("curl's bodies are checked by their digits, in whatever order they come", () => {
  const load = { ...LOAD, trials: 12 };
  const stderr = "200 1\n".repeat(10) + "200 2\n".repeat(2);
  assertEquals(curl(34).read({ stdout: "11109876543210", stderr }, load), {});
  assertThrows(() => curl(34).read({ stdout: "11109876543211", stderr }, load), Error, "digits");
  assertThrows(
    () => curl(34).read({ stdout: "", stderr: stderr.replace("200", "503") }, load),
    Error,
    "11 good answers",
  );
});

Deno.test("readOptions() takes lists, and names what it doesn't know", () => {
  const { tables } = readOptions(["--tables", "main,delay", "--only", "h2load", "--trials", "5,1_000"]);
  assertEquals(tables.map(({ name }) => name), ["main", "delay"]);
  assertEquals(tables[0].peers.map(({ name }) => name), ["h2load"]);
  assertEquals(tables[0].loads.map(({ trials }) => trials), [5, 1_000]);
  assertEquals(readOptions(["--tables", "all"]).tables.length, 12);
  assertThrows(() => readOptions(["--only", "h3load"]), UsageError, "h2load");
  assertThrows(() => readOptions(["--trials", "0"]), UsageError, "--trials");
});

Deno.test("makeTables() has every table under its name, with clients and loads", () => {
  for (const [name, table] of Object.entries(makeTables({}))) {
    assertEquals(table.name, name);
    assert(table.peers.length > 0 && table.loads.length > 0, name);
  }
});

Deno.test("optimized downloads a million pages in one round only, and whom a goal is about in all", () => {
  const most = Object.values(makeTables({})).filter(({ loads }) => loads.some(({ trials }) => trials >= 1_000_000));
  assertEquals(most.map(({ name, once }) => [name, once]), [["million", ["optimized"]]]);
});

Deno.test("h2load has 200 streams on a connection, and without a delay no more in flight than pays", async () => {
  const flags = async (load: Partial<Load>) => {
    const { args } = await h2load().command({ ...LOAD, ...load }, { url: "http://127.0.0.1:1/", folder: "" });
    return args.slice(1, 4).join(" ");
  };
  assertEquals(await flags({ trials: 10_000 }), "-n10000 -c50 -m200");
  assertEquals(await flags({ trials: 100_000 }), "-n100000 -c500 -m200");
  assertEquals(await flags({ trials: 100_000, delayMs: 0 }), "-n100000 -c50 -m200");
  assertEquals(await flags({ trials: 10_000, http1: true }), "-n10000 -c10000 -m1");
});

chartTest("drawChart() draws a row for every client, at every load", async () => {
  const { drawChart } = await import("../../bench/chart.ts"); // here, since what it loads asks for a permission
  const { delay: table } = makeTables({});
  const comparisons = table.loads.map((load) => ({
    load,
    repeats: 1,
    rows: [{ peer: "optimized", runs: [runOf(1)] }, { peer: "h2load", runs: [runOf(2)] }],
    leftOut: [],
  }));
  const svg = drawChart(table, comparisons) ?? "";
  assertMatch(svg, /^<svg /);
  for (const text of ["optimized", "h2load", "100ms", "1 s", "2 s"]) assertStringIncludes(svg, `>${text}<`);
  assertEquals(drawChart(table, comparisons.slice(1, 2)), undefined);
});

await testWith([NGINX, NGHTTPD, TIME], "pages come as files from nginx and nghttpd, which count nothing", async () => {
  const json = await Deno.makeTempFile();
  try {
    const bench = new URL("../../bench/main.ts", import.meta.url).pathname;
    const args = ["run", "-A", bench, "--tables=unlimited", "--trials=20", "--repeats=1", "--only=download"];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args, `--json=${json}`] }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const { tables: [{ comparisons }] } = JSON.parse(await Deno.readTextFile(json));
    const seen = comparisons.map(({ load, rows: [{ runs }] }: Comparison) => [load.server, runs[0].connections]);
    assertEquals(seen, [["nginx", undefined], ["nghttpd", undefined]]);
  } finally {
    await Deno.remove(json);
  }
});

runTest("bench/main.ts measures our five side by side", async () => {
  const bench = new URL("../../bench/main.ts", import.meta.url).pathname;
  const json = await Deno.makeTempFile();
  const args = ["run", "-A", bench, "--trials=20", "--delay=10ms", "--repeats=2", "--tables=main", `--json=${json}`];
  args.push("--only=simple,threaded,async,optimized,download");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  for (const name of ["simple", "threaded", "async", "optimized", "download"]) {
    assertMatch(text, new RegExp(`^\\| ${name} +\\| `, "m"));
  }
  const { conditions, tables } = JSON.parse(await Deno.readTextFile(json));
  await Deno.remove(json);
  assert(conditions.cores >= 1);
  const rows: Comparison["rows"] = tables[0].comparisons[0].rows;
  assertEquals(rows.map(({ runs }) => runs.length), [2, 2, 2, 2, 2]);
  assertEquals(rows[0].runs.map(({ peakInFlight }) => peakInFlight), [1, 1]);
  assertEquals(rows[2].runs.map(({ peakInFlight }) => peakInFlight), [20, 20]);
  for (const { runs } of rows) {
    for (const { cpuSeconds, peakMemoryBytes } of runs) {
      assert(cpuSeconds > 0 && peakMemoryBytes > 10e6);
    }
  }
});

runTest("bench/main.ts refuses a client it doesn't know with one line and exit code 2", async () => {
  const bench = new URL("../../bench/main.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", bench, "--only=x"] }).output();
  assertEquals(code, 2);
  assertMatch(new TextDecoder().decode(stderr), /^bench: invalid value "x" for --only: .*\n$/);
});
