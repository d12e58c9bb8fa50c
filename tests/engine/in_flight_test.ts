import { assertEquals, assertThrows } from "@std/assert";
import { Meter } from "../../lib/core/meter.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { type Flight, InFlight } from "../../lib/engine/in_flight.ts";

const facts = (id: number) => ({ id, url: `/${id}`, attempts: 1, startedAt: 0, totalMs: 1, bytes: 0 });
const done = (id: number): Outcome => ({ result: "done", ...facts(id) });

Deno.test("InFlight has a place for another job when one has stalled, until that one ends", () => {
  const jobs = new InFlight<Flight>({ meter: new Meter(), concurrency: 2 });
  const account = { inFlight: 0, idle: [] };
  for (const id of [0, 1]) jobs.add({ job: { id } }, account);
  assertEquals([jobs.hasPlace, jobs.hasRegularPlace], [false, false]);
  assertEquals([jobs.stall(0)?.job.id, jobs.stall(0), jobs.stall(9)], [0, undefined, undefined]);
  assertEquals([jobs.hasPlace, jobs.hasRegularPlace], [true, false]);
  jobs.add({ job: { id: 2 } }, account);
  assertEquals(jobs.hasPlace, false);
  jobs.takeBack(done(0));
  assertEquals(jobs.hasPlace, false);
  jobs.takeBack(done(1));
  assertEquals([jobs.hasPlace, jobs.hasRegularPlace], [true, true]);
});

Deno.test("InFlight counts jobs for their account and for the meter", () => {
  const meter = new Meter();
  const jobs = new InFlight<Flight>({ meter });
  const [a, b] = [{ inFlight: 0, idle: [] }, { inFlight: 0, idle: [] }];
  jobs.add({ job: { id: 0 } }, a);
  jobs.add({ job: { id: 1 } }, a);
  jobs.add({ job: { id: 2 } }, b);
  jobs.takeBack(done(1));
  assertEquals([jobs.size, meter.inFlight, meter.peakInFlight, a.inFlight, b.inFlight], [2, 2, 3, 1, 1]);
  assertThrows(() => jobs.takeBack(done(1)), Error, "Job 1 (/1) was settled twice");
});

Deno.test("InFlight has fewer places after file descriptors ran out", () => {
  const jobs = new InFlight<Flight>({ meter: new Meter(), connections: 8 });
  const account = { inFlight: 0, idle: [] };
  for (let id = 0; id < 5; id++) jobs.add({ job: { id } }, account);
  assertEquals(jobs.hasPlace, true);
  jobs.takeBack({ result: "failed", kind: "too-many-open-files", message: "", ...facts(0) });
  assertEquals([jobs.size, jobs.hasPlace], [4, false]);
});
