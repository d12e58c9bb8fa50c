import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionCounter, makeConnectionCounts } from "../../lib/core/connection_counts.ts";
import { FlowCounter, makeFlow } from "../../lib/core/flow.ts";
import type { Report } from "../../lib/core/source.ts";
import { measure } from "../../lib/metrics/measure.ts";
import { Meter } from "../../lib/core/meter.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { Timeline } from "../../lib/metrics/timeline.ts";
import { type Idea, strategy } from "../../lib/engine/strategy.ts";
import type { Job } from "../../lib/core/download.ts";

const facts = ({ id, url, attempt }: Job) => ({ id, url, attempts: attempt, startedAt: 0, totalMs: 1, bytes: 3 });
const done = (job: Job): Outcome => ({ ...facts(job), result: "done", value: job.expected ?? 0 });
const failed = (job: Job): Outcome => ({ ...facts(job), result: "failed", kind: "dns", message: "no such host" });

/** A strategy that needs no network. */
const make = (idea: Idea) => strategy({ title: "made up", about: "for a test", concurrency: 5 }, idea);
const honest = make(async (jobs) => {
  for await (const job of jobs) jobs.settle(job.id === 1 ? failed(job) : done(job));
});

const pages = (n: number) => Array.from({ length: n }, (_, expected) => ({ url: `/${expected}`, expected }));

Deno.test("measure() sums up what a strategy did", async () => {
  const { seconds, peakMemoryBytes, cpuSeconds, timeline, ...summary } = await measure(honest, pages(4), { asked: 4 });
  assertEquals(summary, {
    strategy: "made up",
    ...{ asked: 4, done: 3, skipped: 0, failed: 1, notStarted: 0 },
    ...{
      value: "5",
      requests: 4,
      retries: 0,
      bytes: 12,
      peakInFlight: 1,
      interrupted: false,
      unread: false,
      duplicates: 0,
    },
    failures: [{ kind: "dns", count: 1, example: { url: "/1", message: "no such host" } }],
  });
  assert(seconds >= 0 && seconds < 60 && peakMemoryBytes > 0);
  assert(cpuSeconds === undefined || cpuSeconds >= 0);
  assertEquals(timeline, undefined);
});

Deno.test("measure() notes what requests did when, if it is given what notes it", async () => {
  const { timeline } = await measure(honest, pages(4), { asked: 4, timeline: new Timeline() });
  const sum = (counts: number[] = []) => counts.reduce((total, count) => total + count, 0);
  assertEquals([sum(timeline?.ended), sum(timeline?.failed), timeline?.count], [4, 1, 4]);
});

Deno.test("measure() keeps the counters it is given", async () => {
  const meter = new Meter();
  await measure(honest, pages(4), { asked: 4, meter });
  assertEquals([meter.started, meter.done, meter.failed, meter.ended], [4, 3, 1, 4]);
});

Deno.test("measure() says how many isolates downloaded and what they opened, as far as that is counted", async () => {
  const idea: Idea = async (jobs, { session }) => {
    const { flow, connectionCounts } = session.settings;
    if (flow) new FlowCounter(flow); // a worker; the session counts its own isolate
    if (connectionCounts) {
      using counter = new ConnectionCounter(connectionCounts, () => ({ busy: 0, idle: 0 }));
      for (let n = 0; n < 3; n++) counter.addOpened();
    }
    for await (const job of jobs) jobs.settle(done(job));
  };
  const costs = async (threads: boolean, counted: { flow?: boolean; connections?: boolean }) => {
    const meter = new Meter();
    if (counted.flow) meter.flow = makeFlow();
    if (counted.connections) meter.connections = makeConnectionCounts();
    const made = strategy({ title: "made up", about: "", concurrency: 5, threads }, idea);
    const { isolates, connections } = await measure(made, pages(1), { asked: 1, meter });
    return [isolates, connections];
  };
  assertEquals(await costs(false, {}), [undefined, undefined]);
  assertEquals(await costs(false, { flow: true }), [2, undefined]);
  assertEquals(await costs(true, { flow: true, connections: true }), [1, 3]);
});

Deno.test("measure() counts what an abort left out as not started", async () => {
  const aborter = new AbortController();
  const strategy = make(async (jobs) => {
    for await (const job of jobs) {
      if (job.id === 2) aborter.abort();
      jobs.settle(done(job));
    }
  });
  const summary = await measure(strategy, pages(10), { asked: 10, signal: aborter.signal });
  const { done: ended, notStarted, interrupted } = summary;
  assertEquals({ ended, notStarted, interrupted }, { ended: 3, notStarted: 7, interrupted: true });
});

Deno.test("measure() doesn't let a strategy lose a download", async () => {
  const forgetful = make(async (jobs) => {
    for await (const job of jobs) {
      if (job.id === 3) break;
      else jobs.settle(done(job));
    }
  });
  await assertRejects(() => measure(forgetful, pages(4), { asked: 4 }), Error, "1 downloads unaccounted for");
});

Deno.test("measure() doesn't let a strategy settle twice", async () => {
  const eager = make(async (jobs) => {
    for await (const job of jobs) {
      jobs.settle(done(job));
      jobs.settle(done(job));
    }
  });
  await assertRejects(() => measure(eager, pages(4), { asked: 4 }), Error, "settled twice");
});

Deno.test("measure() doesn't let a strategy report past the queue", async () => {
  const liar = Object.assign(
    (_source: unknown, report: Report) => {
      for (let id = 0; id < 4; id++) report(done({ id, attempt: 1, url: "/" }), { url: "/" });
      return Promise.resolve();
    },
    { title: "liar", about: "", concurrency: 1 },
  );
  const ran = () => measure(liar, pages(4), { asked: 4 });
  await assertRejects(ran, Error, "The books don't balance: 4 asked, 0 started, 4 ended");
});

for (const [asked, there] of [[5, 4], [3, 4]]) {
  Deno.test(`measure() notices that there were ${there} URLs where ${asked} were announced`, async () => {
    const ran = () => measure(honest, pages(there), { asked });
    await assertRejects(ran, Error, `The books don't balance: ${asked} asked, ${there} started, ${there} ended`);
  });
}

Deno.test("measure() notices too many URLs also in a run that was interrupted", async () => {
  const aborter = new AbortController();
  const late = make(async (jobs) => {
    for (const job of jobs.takeReady(4)) jobs.settle(done(job));
    aborter.abort();
    await jobs.next();
  });
  const ran = () => measure(late, pages(9), { asked: 3, signal: aborter.signal });
  await assertRejects(ran, Error, "The books don't balance");
});

Deno.test("measure() counts no request for what was skipped, or failed without being tried, also not in the timeline", async () => {
  const untried = (job: Job): Outcome => ({
    ...facts(job),
    attempts: 0,
    result: "failed",
    kind: "circuit-open",
    message: "",
  });
  const some = make(async (jobs) => {
    for await (const job of jobs) jobs.settle(job.id % 2 ? done(job) : untried(job));
  });
  const source = ["/1", "/2", "/3", "/4", "/1", "/2"];
  const { skipped, failed, requests, timeline } = await measure(some, source, {
    distinct: true,
    timeline: new Timeline(),
  });
  const sum = (counts: number[] = []) => counts.reduce((total, count) => total + count, 0);
  assertEquals([skipped, failed, requests, sum(timeline?.ended), timeline?.latency[0]], [2, 2, 2, 2, [0, 1]]);
});
