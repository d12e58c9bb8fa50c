import { assertEquals } from "@std/assert";
import { KEEP_PARTIAL_FROM } from "../../constants.ts";
import type { Failed } from "../../lib/core/outcome.ts";
import { RetryBudget } from "../../lib/engine/retry_budget.ts";

const failed = (keptBytes?: number): Failed => ({
  ...{ result: "failed", kind: "truncated", message: "", keptBytes },
  ...{ id: 0, url: "/", attempts: 1, startedAt: 0, totalMs: 0, bytes: 0 },
});
const own = { isHosts: false, now: 0 };

/** How many failures in a row are tried again, a thousand at most. */
function countRetries(budget: RetryBudget, failure: (n: number) => Failed, attempt = (_: number) => own): number {
  let n = 0;
  while (n < 1_000 && budget.allows(failure(n), attempt(n))) n++;
  return n;
}

Deno.test("RetryBudget allows as many retries as it was given", () => {
  for (const retries of [0, 1, 3]) {
    assertEquals(countRetries(new RetryBudget({ retries, retryMaxTimeMs: 0 }), () => failed()), retries);
  }
});

Deno.test("RetryBudget isn't used up by attempts that bring a megabyte each", () => {
  const budget = new RetryBudget({ retries: 1, retryMaxTimeMs: 0 });
  assertEquals(countRetries(budget, (n) => failed((n + 1) * KEEP_PARTIAL_FROM)), 1_000);
  assertEquals(budget.tries, 1, "the wait before the next one is the first again");
});

Deno.test("RetryBudget is used up by attempts that bring a byte each", () => {
  const budget = new RetryBudget({ retries: 3, retryMaxTimeMs: 0 });
  assertEquals(countRetries(budget, (n) => failed(KEEP_PARTIAL_FROM + n)), 4, "the first one brought a megabyte");
});

Deno.test("RetryBudget is used up by attempts that bring the same megabytes every time", () => {
  const budget = new RetryBudget({ retries: 3, retryMaxTimeMs: 0 });
  assertEquals(countRetries(budget, () => failed(50 * KEEP_PARTIAL_FROM)), 4);
});

Deno.test("RetryBudget isn't used up by what is the host's fault, for as long as a host is waited for", () => {
  const budget = new RetryBudget({ retries: 2, retryMaxTimeMs: 100_000 });
  const attempt = (n: number) => ({ isHosts: true, now: n * 1_000 });
  assertEquals(countRetries(budget, () => failed(), attempt), 102);
});

Deno.test("RetryBudget of no retries allows none, whoever's fault it is and whatever it brought", () => {
  const budget = new RetryBudget({ retries: 0, retryMaxTimeMs: 100_000 });
  assertEquals(budget.allows(failed(5 * KEEP_PARTIAL_FROM), { isHosts: true, now: 0 }), false);
});
