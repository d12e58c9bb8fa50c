import { assertEquals } from "@std/assert";
import type { Failed, FailureKind } from "../../lib/core/outcome.ts";
import { hostSignal } from "../../lib/engine/host_signal.ts";

const facts = { id: 0, url: "http://a/", attempts: 1, startedAt: 0, totalMs: 1, bytes: 0 };
const failed = (kind: FailureKind, more: Partial<Failed> = {}): Failed => ({
  ...{ result: "failed", kind, message: kind },
  ...facts,
  ...more,
});

Deno.test("hostSignal() tells a host that answered from one that can't be reached, and from what isn't known", () => {
  assertEquals(hostSignal({ result: "done", ...facts }).as, "answered");
  assertEquals(hostSignal(failed("status", { status: 404 })).as, "answered");
  assertEquals(hostSignal(failed("reset", { status: 200 })).as, "answered");
  assertEquals(hostSignal(failed("refused")).as, "unreachable");
  assertEquals(hostSignal(failed("too-many-open-files")).as, "unknown");
  assertEquals(hostSignal(failed("closed", { message: "dropped the dispatch task" })).as, "unknown", "never begun");
});

Deno.test("hostSignal() heeds a Retry-After only where another attempt may succeed", () => {
  const asked = { status: 404, retryAfterMs: 5 };
  assertEquals(hostSignal(failed("status", asked)).retryAfterMs, undefined);
  assertEquals(hostSignal(failed("status", asked), [404]), {
    ...{ as: "answered", isOverload: true, isGatewayError: false, isNowhere: false, retryAfterMs: 5 },
  });
});

Deno.test("hostSignal() knows overload, a gateway's error, and a host that doesn't exist", () => {
  assertEquals(hostSignal(failed("status", { status: 429 })).isOverload, true);
  assertEquals(hostSignal(failed("status", { status: 502 })).isGatewayError, true);
  assertEquals(hostSignal(failed("dns", { message: "no such host" })).isNowhere, true);
  assertEquals(hostSignal(failed("dns", { message: "temporary failure" })).isNowhere, false);
});

Deno.test("hostSignal() hands on what a host says of further requests, also where one failed", () => {
  const quota = { remaining: 0, resetMs: 5 };
  assertEquals(hostSignal({ ...failed("status", { status: 403 }), quota }).quota, quota);
  assertEquals("quota" in hostSignal(failed("status", { status: 403 })), false);
});
