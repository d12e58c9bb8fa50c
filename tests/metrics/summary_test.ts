import { assertEquals } from "@std/assert";
import type { FailureKind, Outcome } from "../../lib/core/outcome.ts";
import { Tally } from "../../lib/metrics/summary.ts";

const facts = { id: 0, url: "http://a/", attempts: 1, startedAt: 0, totalMs: 1, bytes: 1 };
const done = (value?: number): Outcome => ({ ...facts, result: "done", value });
const failed = (kind: FailureKind, url: string): Outcome => ({
  ...facts,
  url,
  result: "failed",
  kind,
  message: `why ${url}`,
});

Deno.test("Tally starts with nothing", () => {
  const { done, skipped, failed, value, failures } = new Tally();
  assertEquals({ done, skipped, failed, value, failures }, { done: 0, skipped: 0, failed: 0, value: 0n, failures: [] });
});

Deno.test("Tally counts by result and adds up values", () => {
  const tally = new Tally();
  for (
    const outcome of [
      done(1),
      done(2),
      done(),
      { ...facts, result: "skipped" as const, reason: "there" as const },
      failed("dns", "b"),
    ]
  ) {
    tally.add(outcome);
  }
  assertEquals([tally.done, tally.skipped, tally.failed, tally.value], [3, 1, 1, 3n]);
});

Deno.test("Tally loses no digit of a sum beyond 2^53", () => {
  const tally = new Tally();
  const values = [Number.MAX_SAFE_INTEGER, 1, 1, 1, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, 7, 0];
  let exact = 0n;
  for (const value of values) {
    tally.add(done(value));
    exact += BigInt(value);
    assertEquals(tally.value, exact);
  }
});

Deno.test("Tally adds up what a million pages at the end of the numbers say", () => {
  const tally = new Tally();
  const first = Number.MAX_SAFE_INTEGER - 1_000_000;
  for (let n = 0; n < 1_000_000; n++) tally.add(done(first + n));
  assertEquals(tally.value, 1_000_000n * BigInt(first) + 999_999n * 500_000n);
});

Deno.test("Tally groups failures by kind, the most frequent first, with the first of each as example", () => {
  const tally = new Tally();
  for (const [kind, url] of [["dns", "a"], ["reset", "b"], ["reset", "c"]] as const) tally.add(failed(kind, url));
  assertEquals(tally.failures, [
    { kind: "reset", count: 2, example: { url: "b", message: "why b" } },
    { kind: "dns", count: 1, example: { url: "a", message: "why a" } },
  ]);
});
