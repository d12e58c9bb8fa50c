import { assertEquals } from "@std/assert";
import type { Failed, FailureKind } from "../../lib/core/outcome.ts";
import { MAX_NEVER_BEGUN } from "../../lib/engine/never_begun.ts";
import { RetryPolicy } from "../../lib/engine/retry_policy.ts";

const failed = (kind: FailureKind, more: Partial<Failed> = {}): Failed => ({
  ...{ result: "failed", kind, message: kind, id: 0, url: "/", attempts: 1, startedAt: 0, totalMs: 1, bytes: 0 },
  ...more,
});

Deno.test("RetryPolicy gives a retryable failure as many attempts as there are retries, and others none", () => {
  const policy = new RetryPolicy({ retries: 2, backoffMs: 0 });
  const job = {};
  const next = () => policy.next(job, failed("reset"), false);
  assertEquals([next(), next(), next()], [
    { inMs: 0, isSameAttempt: false },
    { inMs: 0, isSameAttempt: false },
    undefined,
  ]);
  assertEquals(policy.next({}, failed("tls"), false), undefined);
});

Deno.test("RetryPolicy waits as long as the server asked, if that is longer", () => {
  const policy = new RetryPolicy({ retries: 1, backoffMs: 0 });
  assertEquals(policy.next({}, failed("status", { status: 503, retryAfterMs: 99 }), false)?.inMs, 99);
});

Deno.test("RetryPolicy repeats an attempt that no server began to work on, but not without end", () => {
  const policy = new RetryPolicy({ retries: 0, backoffMs: 0 });
  const job = {};
  const next = () => policy.next(job, failed("too-many-open-files"), false);
  for (let times = 1; times <= MAX_NEVER_BEGUN; times++) assertEquals(next()?.isSameAttempt, true);
  assertEquals(next(), undefined);
});

Deno.test("RetryPolicy tries a body with other bytes than its SHA-256 says once more", () => {
  const policy = new RetryPolicy({ retries: 9, backoffMs: 0 });
  const job = {};
  assertEquals(policy.next(job, failed("checksum"), false)?.isSameAttempt, false);
  assertEquals(policy.next(job, failed("checksum"), false), undefined);
});
