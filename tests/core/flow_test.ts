import { assertEquals } from "@std/assert";
import { Deadlines } from "../../lib/http/deadlines.ts";
import { countIsolates, FlowCounter, makeFlow, readFlow } from "../../lib/core/flow.ts";

Deno.test("readFlow() adds up what all isolates have counted", () => {
  const flow = makeFlow();
  assertEquals(readFlow(flow), { bytes: 0, parts: 0 });
  const counters = Array.from({ length: 2_000 }, () => new FlowCounter(flow));
  counters.forEach((counter, i) => i < 3 && counter.set(10 ** i, i / 2));
  assertEquals(readFlow(flow), { bytes: 111, parts: 1.5 });
  assertEquals(countIsolates(flow), 2_000);
});

Deno.test("Deadlines count what arrives while it arrives, each byte once, and no part of what has ended", async () => {
  const flow = makeFlow();
  const limits = { connectTimeoutMs: 60_000, idleTimeoutMs: 60_000, timeoutMs: 50 };
  const deadlines = new Deadlines(limits, { flow: new FlowCounter(flow) });
  const [known, unknown] = [deadlines.start(0), deadlines.start(1)];
  Object.assign(known.progress ?? {}, { before: 100, whole: 400 });
  known.bytes = 100;
  unknown.bytes = 7;
  while (readFlow(flow).bytes === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(readFlow(flow), { bytes: 107, parts: 0.5 });
  known.bytes = 300;
  deadlines.end(known);
  assertEquals(readFlow(flow), { bytes: 307, parts: 0 });
  deadlines.end(unknown);
  assertEquals(readFlow(flow), { bytes: 307, parts: 0 });
});
