import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { RunFacts } from "../../../tasks/race_web/events.ts";
import { extrapolatedSeconds, factor } from "../../../tasks/race_web/page/speed.ts";
import { verdict } from "../../../tasks/race_web/page/verdict.ts";

const run = (pages: number, seconds: number, facts: Partial<RunFacts> = {}): RunFacts => ({
  asked: pages,
  done: pages,
  failed: 0,
  seconds,
  stopped: false,
  mostInFlight: pages,
  ...facts,
});

const FEW = { pages: 24, delayMs: 500 } as const;
const MANY = { pages: 10_000, delayMs: 1_000 } as const;
const simpleStopped = run(10_000, 10, { done: 10, stopped: true, mostInFlight: 1 });

Deno.test("verdict() says how many times as fast the winner was, and that it is extrapolated where it is", () => {
  const few = verdict({ simple: run(24, 12, { mostInFlight: 1 }), async: run(24, 0.5) }, FEW);
  assertEquals(few.winner, "async");
  assertStringIncludes(few.text, "got 24 pages in 500 ms, 24 times as fast as simple.");
  const many = verdict({ simple: simpleStopped, download: run(10_000, 2) }, MANY);
  assertStringIncludes(
    many.text,
    "5,000 times as fast as simple, which at the speed that it had would take 2 h 47 min.",
  );
});

Deno.test("verdict() calls lanes level that differ by no more than two races do", () => {
  const { winner, text } = verdict({
    simple: run(24, 12),
    async: run(24, 0.56),
    optimized: run(24, 0.57),
    download: run(24, 0.55),
  }, FEW);
  assertEquals(winner, "download");
  assertStringIncludes(text, "But async and optimized are level with it: two races differ by as much.");
  assertStringIncludes(text, "91% of that time is the website’s own delay. 24 pages can’t tell them apart: 10,000 do.");
  assert(!text.includes("It did so"), "there is nothing to explain");
});

Deno.test("verdict() gives as reasons what was measured: connections and CPU time", () => {
  const { text } = verdict({
    simple: simpleStopped,
    async: run(10_000, 6, { connections: 8_254, cpuSeconds: 7 }),
    optimized: run(10_000, 3.5, { connections: 37, cpuSeconds: 3.5 }),
    download: run(10_000, 1.8, { connections: 50, cpuSeconds: 0.26 }),
  }, MANY);
  assertStringIncludes(
    text,
    "It did so over 50 connections, where async opened 8,254, and with 260 ms of CPU time, where optimized took 3.5 s.",
  );
});

Deno.test("verdict() gives requests in flight as the reason where connections and CPU time are none", () => {
  const { text } = verdict(
    { simple: run(24, 12, { mostInFlight: 1 }), threaded: run(24, 2, { mostInFlight: 16 }) },
    FEW,
  );
  assertStringIncludes(text, "It did so with 16 requests in flight, where simple had 1.");
});

Deno.test("verdict() names failures, and no winner among those that haven't got all pages", () => {
  const failing = run(24, 1, { done: 22, failed: 2 });
  const some = verdict({ simple: run(24, 12), async: failing }, FEW);
  assertEquals(some.winner, "simple");
  assertMatch(some.text, /async failed to get 2 pages\.$/);
  assertEquals(verdict({ async: failing }, FEW), { text: "None got all 24 pages. async failed to get 2 pages." });
});

Deno.test("extrapolatedSeconds() goes on at the speed until then, and knows nothing of a run without a page", () => {
  assertEquals(extrapolatedSeconds(simpleStopped), 10_000);
  assertEquals(extrapolatedSeconds(run(24, 1)), undefined);
  assertEquals(extrapolatedSeconds(run(24, 1, { done: 0, stopped: true })), undefined);
});

Deno.test("factor() is undefined beside a run that has got nothing yet", () => {
  assertEquals(factor(run(24, 1), run(24, 12)), 12);
  assertEquals(factor(run(24, 1), run(24, 12, { done: 0 })), undefined);
  assertEquals(factor(run(24, 1), undefined), undefined);
});
