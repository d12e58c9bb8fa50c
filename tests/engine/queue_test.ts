import { assert, assertEquals, assertThrows } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import type { Download, Job } from "../../lib/core/download.ts";
import type { Report, Source } from "../../lib/core/source.ts";
import type { Admission } from "../../lib/engine/intake.ts";
import { Meter } from "../../lib/core/meter.ts";
import type { Failed, FailureKind, Outcome } from "../../lib/core/outcome.ts";
import { MAX_WAITING, Queue, type QueueOptions } from "../../lib/engine/queue.ts";

/** A queue under test, with all that goes in and out of it. */
function setUp(source: Source, options: Partial<QueueOptions> & { report?: Report } = {}) {
  const aborter = new AbortController();
  const reported: Outcome[] = [];
  const meter = new Meter();
  const { report = (outcome: Outcome) => reported.push(outcome), ...rest } = options;
  const queue = new Queue(source, report, { signal: aborter.signal, retries: 3, backoffMs: 0, meter, ...rest });
  return { queue, reported, meter, aborter };
}

const facts = ({ id, url, attempt }: Job) => ({ id, url, attempts: attempt, startedAt: 0, totalMs: 1, bytes: 10 });
const done = (job: Job): Outcome => ({ result: "done", ...facts(job) });
const failed = (job: Job, kind: FailureKind = "reset", more: Partial<Failed> = {}): Failed => ({
  ...{ result: "failed", kind, message: kind, ...facts(job) },
  ...more,
});
const notTried = (job: Job): Failed => failed(job, "aborted", { attempts: 0 });

/** Pages of a list that counts how many were taken from it. */
function counted(n: number) {
  const taken = { count: 0 };
  function* pages(): Generator<string, void> {
    while (taken.count < n) yield `/${taken.count++}`;
  }
  return { taken, source: pages() };
}

async function take(queue: Queue): Promise<Job> {
  const { value } = await queue.next();
  assert(value, "the queue has a job");
  return value;
}

/** Whether a promise is still open after everything that is due has run. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  let ended = false;
  promise.then(() => ended = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  return !ended;
}

Deno.test("Queue numbers downloads from 0 in the order of the source", async () => {
  const { queue } = setUp(["/a", { url: "/b", expected: 5, name: "b.txt" }, "/c"]);
  assertEquals([await take(queue), await take(queue), await take(queue)], [
    { id: 0, attempt: 1, url: "/a" },
    { id: 1, attempt: 1, url: "/b", expected: 5, name: "b.txt" },
    { id: 2, attempt: 1, url: "/c" },
  ]);
});

Deno.test("Queue doesn't let a source choose the number or the attempt of a job", async () => {
  const sly: Download = Object.assign({ url: "/a" }, { id: 7, attempt: 9 });
  assertEquals(await take(setUp([sly]).queue), { id: 0, attempt: 1, url: "/a" });
});

Deno.test("Queue gives each job to one of the loops that iterate over it", async () => {
  const { queue, reported } = setUp(counted(20).source);
  const loop = async () => {
    const ids: number[] = [];
    for await (const job of queue) {
      ids.push(job.id);
      await Promise.resolve();
      queue.settle(done(job));
    }
    return ids;
  };
  const [a, b, c] = await Promise.all([loop(), loop(), loop()]);
  assertEquals([...a, ...b, ...c].sort((x, y) => x - y), Array.from({ length: 20 }, (_, id) => id));
  assert(a.length > 1 && b.length > 1 && c.length > 1);
  assertEquals(reported.length, 20);
  queue.close();
});

Deno.test("Queue goes on for the others when one loop is left by a break", async () => {
  const { queue } = setUp(["/0", "/1"]);
  for await (const job of queue) {
    queue.settle(done(job));
    break;
  }
  assertEquals((await take(queue)).id, 1);
});

Deno.test("Queue ends when its last job has ended, not when the source has", async () => {
  const { queue } = setUp(["/0"]);
  const job = await take(queue);
  const other = queue.next();
  assert(await isOpen(other));
  queue.settle(done(job));
  assertEquals(await other, { done: true, value: undefined });
  assertEquals(await queue.next(), { done: true, value: undefined });
  queue.close();
});

Deno.test("Queue of an empty source ends at once", async () => {
  const { queue, reported } = setUp([]);
  assertEquals(await queue.next(), { done: true, value: undefined });
  queue.close();
  assertEquals(reported, []);
});

Deno.test("Queue pulls nothing from its source before a lane wants it", async () => {
  const { source, taken } = counted(1_000_000);
  const { queue } = setUp(source);
  assertEquals(taken.count, 0);
  for (let n = 1; n <= 5; n++) {
    await take(queue);
    assertEquals(taken.count, n);
  }
  queue.takeReady(10);
  assertEquals(taken.count, 15);
});

Deno.test("Queue holds no more of a source of a million than is in flight", () => {
  const { source, taken } = counted(1_000_000);
  let ended = 0;
  const { queue } = setUp(source, { report: () => ended++ });
  for (let jobs = queue.takeReady(100); jobs.length; jobs = queue.takeReady(100)) {
    assert(taken.count - ended <= 100);
    for (const job of jobs) queue.settle(done(job));
  }
  assertEquals(ended, 1_000_000);
  queue.close();
});

Deno.test("takeReady() takes as many as it is asked for, and fewer at the end", () => {
  const { queue } = setUp(counted(5).source);
  assertEquals(queue.takeReady(0), []);
  assertEquals(queue.takeReady(3).map(({ id }) => id), [0, 1, 2]);
  assertEquals(queue.takeReady(3).map(({ id }) => id), [3, 4]);
  assertEquals(queue.takeReady(3), []);
});

Deno.test("takeReady() doesn't wait for a source that has to be waited for", async () => {
  async function* source() {
    yield await Promise.resolve("/0");
  }
  const { queue } = setUp(source());
  assertEquals(queue.takeReady(5), []);
  assertEquals((await take(queue)).id, 0);
});

Deno.test("Queue waits for a slow async source, pulling one at a time", async () => {
  const answers: ((result: IteratorResult<string, void>) => void)[] = [];
  const next = () => new Promise<IteratorResult<string, void>>((resolve) => answers.push(resolve));
  const { queue, meter } = setUp({ [Symbol.asyncIterator]: () => ({ next }) });
  const lanes = [queue.next(), queue.next(), queue.next()];
  assertEquals(answers.length, 1);
  answers[0]({ done: false, value: "/0" });
  const first = await Promise.race(lanes);
  assertEquals([first.value?.id, answers.length, meter.inFlight], [0, 2, 1]);
  answers[1]({ done: true, value: undefined });
  assert(first.value);
  queue.settle(done(first.value));
  assertEquals((await Promise.all(lanes)).map(({ done }) => done ?? false).sort(), [false, true, true]);
  queue.close();
});

Deno.test("Queue tries again what is retryable, as often as it is told to", async () => {
  const { queue, reported, meter } = setUp(["/0"], { retries: 2 });
  for (let attempt = 1; attempt <= 3; attempt++) {
    const job = await take(queue);
    assertEquals(job, { id: 0, attempt, url: "/0" });
    queue.settle(failed(job, "reset", { bytes: 10 }));
  }
  assertEquals((await queue.next()).done, true);
  assertEquals(reported.map(({ result, attempts }) => [result, attempts]), [["failed", 3]]);
  assertEquals([meter.started, meter.retries, meter.failed, meter.inFlight, meter.bytes], [1, 2, 1, 0, 30]);
  queue.close();
});

Deno.test("Queue keeps what a source said about a download for its retries", async () => {
  const { queue } = setUp([{ url: "/0", expected: 0, headers: { accept: "text/plain" } }]);
  queue.settle(failed(await take(queue)));
  const again = await take(queue);
  assertEquals(again, { id: 0, attempt: 2, url: "/0", expected: 0, headers: { accept: "text/plain" } });
});

Deno.test("Queue doesn't try again what won't get better", async () => {
  const lasting: Partial<Failed>[] = [
    { kind: "tls" },
    { kind: "invalid-url" },
    { kind: "unexpected-value" },
    { kind: "status", status: 404 },
  ];
  const { queue, reported } = setUp(counted(lasting.length).source);
  for (const more of lasting) queue.settle(failed(await take(queue), more.kind, more));
  assertEquals((await queue.next()).done, true);
  assertEquals(reported.length, lasting.length);
  queue.close();
});

Deno.test("Queue with no retries reports a retryable failure at once", async () => {
  const { queue, reported } = setUp(["/0"], { retries: 0 });
  queue.settle(failed(await take(queue)));
  assertEquals([reported.length, (await queue.next()).done], [1, true]);
  queue.close();
});

Deno.test("Queue gives a lane other jobs while a retry waits", async () => {
  const { queue, aborter } = setUp(["/0", "/1", "/2"]);
  queue.settle(failed(await take(queue), "status", { status: 503, retryAfterMs: 2 ** 30 }));
  assertEquals([(await take(queue)).id, (await take(queue)).id], [1, 2]);
  assert(await isOpen(queue.next()));
  aborter.abort();
});

Deno.test("Queue waits with a retry as long as the server asked", async () => {
  const { queue, meter } = setUp(["/0", "/1"], { backoffMs: 0 });
  queue.settle(failed(await take(queue), "status", { status: 503, retryAfterMs: 30 }));
  queue.settle(failed(await take(queue), "reset"));
  assertEquals([(await take(queue)).id, (await take(queue)).id], [1, 0], "the one that was asked to wait comes last");
  assertEquals(meter.retries, 2);
});

Deno.test("Queue prefers retries that are due to new downloads", async () => {
  const { queue } = setUp(["/0", "/1"]);
  queue.settle(failed(await take(queue)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(await take(queue), { id: 0, attempt: 2, url: "/0" });
});

Deno.test("Queue starts nothing new while too many retries wait", async () => {
  const { source, taken } = counted(1_000_000);
  const { queue, aborter, reported } = setUp(source, { backoffMs: 2 ** 30 });
  for (let jobs = queue.takeReady(1_000); jobs.length; jobs = queue.takeReady(1_000)) {
    for (const job of jobs) queue.settle(failed(job, "status", { status: 503, retryAfterMs: 2 ** 30 }));
  }
  assertEquals(taken.count, MAX_WAITING);
  assert(await isOpen(queue.next()));
  aborter.abort();
  assertEquals(reported.length, MAX_WAITING);
  queue.close();
});

Deno.test("Queue counts the most jobs it had in flight", async () => {
  const { queue, meter } = setUp(counted(9).source);
  const jobs = queue.takeReady(4);
  assertEquals([meter.started, meter.inFlight, meter.peakInFlight], [4, 4, 4]);
  for (const job of jobs) queue.settle(done(job));
  await take(queue);
  assertEquals([meter.started, meter.inFlight, meter.peakInFlight, meter.done], [5, 1, 4, 4]);
});

Deno.test("Queue reports a skipped download, which took no attempt", async () => {
  const { queue, meter, reported } = setUp(["/0"]);
  queue.settle({ ...facts(await take(queue)), result: "skipped", attempts: 0, reason: "there", file: "0.txt" });
  assertEquals([meter.started, meter.skipped, meter.ended, reported.length], [1, 1, 1, 1]);
  assertEquals((await queue.next()).done, true);
  queue.close();
});

Deno.test("Queue refuses an outcome twice, and one of a job it never handed out", async () => {
  const { queue } = setUp(["/0"]);
  const job = await take(queue);
  queue.settle(done(job));
  assertThrows(() => queue.settle(done(job)), Error, "Job 0 (/0) was settled twice, or never handed out");
  assertThrows(() => queue.settle(done({ id: 9, attempt: 1, url: "/9" })), Error, "Job 9 (/9)");
});

Deno.test("close() notices a job without an outcome", async () => {
  const { queue } = setUp(["/0", "/1"]);
  await take(queue);
  assertThrows(() => queue.close(), Error, "1 downloads unaccounted for");
});

Deno.test("close() notices a retry that nobody took", async () => {
  const { queue } = setUp(["/0"]);
  queue.settle(failed(await take(queue)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertThrows(() => queue.close(), Error, "1 downloads unaccounted for");
});

Deno.test("close() notices a source that wasn't read to its end", () => {
  assertThrows(() => setUp(["/0"]).queue.close(), Error, "before the source was exhausted");
});

Deno.test("Queue that was aborted before pulls nothing", async () => {
  const { source, taken } = counted(3);
  const { queue } = setUp(source, { signal: AbortSignal.abort() });
  assertEquals([await queue.next(), queue.takeReady(3)], [{ done: true, value: undefined }, []]);
  assertEquals(taken.count, 0);
  queue.close();
});

Deno.test("An abort sends waiting lanes home and hands out nothing more", async () => {
  const { queue, aborter } = setUp(["/0"]);
  const job = await take(queue);
  const idle = queue.next();
  aborter.abort();
  assertEquals((await idle).done, true);
  assertEquals(queue.takeReady(1), []);
  queue.settle(failed(job, "aborted"));
  queue.close();
});

Deno.test("An abort reports retries that wait as the failures they are, once each", async () => {
  const { queue, aborter, reported, meter } = setUp(["/0", "/1"], { backoffMs: 2 ** 30 });
  for (const job of queue.takeReady(2)) queue.settle(failed(job));
  assertEquals(reported, []);
  aborter.abort();
  assertEquals(reported.map(({ id, result }) => `${id} ${result}`), ["0 failed", "1 failed"]);
  assertEquals([meter.started, meter.failed, meter.retries], [2, 2, 0]);
  assertEquals((await queue.next()).done, true);
  queue.close();
});

Deno.test("An abort reports a retry that is due and not taken", async () => {
  const { queue, aborter, reported } = setUp(["/0"]);
  queue.settle(failed(await take(queue)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  aborter.abort();
  assertEquals(reported.length, 1);
  assertEquals(queue.takeReady(1), []);
  queue.close();
});

Deno.test("An abort leaves out what an async source answers too late", async () => {
  const answer = Promise.withResolvers<IteratorResult<string>>();
  const { queue, aborter, meter } = setUp({ [Symbol.asyncIterator]: () => ({ next: () => answer.promise }) });
  const lane = queue.next();
  aborter.abort();
  assertEquals((await lane).done, true);
  answer.resolve({ done: false, value: "/0" });
  await isOpen(answer.promise);
  assertEquals([queue.takeReady(1), meter.started], [[], 0]);
  queue.close();
});

Deno.test("An abort leaves out what an async source has ready and nobody took", async () => {
  async function* source() {
    yield await Promise.resolve("/0");
    yield "/1";
  }
  const { queue, aborter, meter } = setUp(source());
  queue.takeReady(1); // starts the pull
  await new Promise((resolve) => setTimeout(resolve, 0));
  aborter.abort();
  assertEquals([(await queue.next()).done, meter.started], [true, 0]);
  queue.close();
});

Deno.test("A job that the abort kept from being tried counts as not started", async () => {
  const { queue, aborter, reported, meter } = setUp(["/0"]);
  const job = await take(queue);
  aborter.abort();
  queue.settle(notTried(job));
  assertEquals([reported.length, meter.started, meter.inFlight], [0, 0, 0]);
  queue.close();
});

Deno.test("A job that fails after the abort isn't tried again", async () => {
  const { queue, aborter, reported } = setUp(["/0"]);
  const job = await take(queue);
  aborter.abort();
  queue.settle(failed(job, "reset"));
  assertEquals(reported.length, 1);
  queue.close();
});

Deno.test("A source that throws ends the queue; close() throws it on", async () => {
  function* source() {
    yield "/0";
    throw new Error("the list broke");
  }
  const { queue, reported } = setUp(source());
  const job = await take(queue);
  assertEquals((await queue.next()).done, true);
  queue.settle(done(job));
  assertEquals(reported.length, 1);
  assertThrows(() => queue.close(), Error, "the list broke");
});

Deno.test("An async source that rejects ends the queue; close() throws it on", async () => {
  async function* source() {
    yield await Promise.resolve("/0");
    throw new Error("the line went dead");
  }
  const { queue } = setUp(source());
  queue.settle(done(await take(queue)));
  assertEquals((await queue.next()).done, true);
  assertThrows(() => queue.close(), Error, "the line went dead");
});

Deno.test("A failure after the source threw is reported and not tried again", async () => {
  function* source() {
    yield "/0";
    throw new Error("the list broke");
  }
  const { queue, reported, meter } = setUp(source());
  const job = await take(queue);
  await queue.next();
  queue.settle(failed(job, "reset"));
  assertEquals([reported.length, meter.failed], [1, 1]);
  assertThrows(() => queue.close(), Error, "the list broke");
});

Deno.test("A source that throws nothing at all still counts as broken", async () => {
  const { queue } = setUp({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(undefined) }) });
  assertEquals((await queue.next()).done, true);
  let thrown = false;
  try {
    queue.close();
  } catch {
    thrown = true;
  }
  assert(thrown);
});

Deno.test("A report that throws ends the queue after what is in flight; close() throws it on", async () => {
  const { queue } = setUp(counted(9).source, {
    report() {
      throw new Error("no more room");
    },
  });
  const [first, second] = queue.takeReady(2);
  const idle = queue.next();
  assertEquals((await idle).value?.id, 2);
  queue.settle(done(first));
  assertEquals((await queue.next()).done, true);
  queue.settle(done(second));
  queue.settle(done({ id: 2, attempt: 1, url: "/2" }));
  assertThrows(() => queue.close(), Error, "no more room");
});

Deno.test("A report that aborts the run gets every waiting retry exactly once", () => {
  const aborter = new AbortController();
  const seen: number[] = [];
  const { queue } = setUp(counted(9).source, {
    signal: aborter.signal,
    backoffMs: 2 ** 30,
    report({ id }) {
      seen.push(id);
      aborter.abort();
    },
  });
  const [a, b, c] = queue.takeReady(3);
  queue.settle(failed(a));
  queue.settle(failed(b));
  queue.settle(done(c));
  assertEquals(seen.sort(), [0, 1, 2]);
  queue.close();
});

Deno.test("close() ends a source that was left in the middle, so that it can close its file", async () => {
  let closed = 0;
  function* source() {
    try {
      while (true) yield "/";
    } finally {
      closed++;
    }
  }
  const { queue, aborter } = setUp(source());
  const job = await take(queue);
  aborter.abort();
  queue.settle(done(job));
  queue.close();
  assertEquals(closed, 1);
});

Deno.test("close() throws what a source throws when it is left", async () => {
  function* source() {
    try {
      while (true) yield "/";
    } finally {
      // deno-lint-ignore no-unsafe-finally
      throw new Error("the file would not close");
    }
  }
  const { queue, aborter } = setUp(source());
  queue.settle(done(await take(queue)));
  aborter.abort();
  assertThrows(() => queue.close(), Error, "the file would not close");
});

Deno.test("close() doesn't wait for an async source that hangs", async () => {
  async function* source() {
    await new Promise(() => {});
    yield "/0";
  }
  const { queue, aborter } = setUp(source());
  const lane = queue.next();
  aborter.abort();
  assertEquals((await lane).done, true);
  queue.close();
});

Deno.test("Queue takes batches from its source as it takes single downloads", () => {
  const { queue } = setUp([["/0", { url: "/1" }], "/2", [], ["/3"]]);
  assertEquals(queue.takeReady(9).map(({ id, url }) => `${id} ${url}`), ["0 /0", "1 /1", "2 /2", "3 /3"]);
});

Deno.test("Queue takes batches from an async source, and waits for the next one only when a lane wants it", async () => {
  let batches = 0;
  async function* source() {
    while (batches < 3) yield await Promise.resolve([`/${batches}a`, `/${batches++}b`]);
  }
  const { queue } = setUp(source());
  assertEquals([(await take(queue)).url, (await take(queue)).url, batches], ["/0a", "/0b", 1]);
  assertEquals([(await take(queue)).url, batches], ["/1a", 2]);
});

const entered = (entries: Record<string, Admission>) => ({
  enter: ({ url }: Download) => entries[url] ?? { state: "unsaved" },
});

Deno.test("Queue reports what needn't be downloaded, and hands out the rest with where it goes", async () => {
  const { queue, reported, meter } = setUp(["/done", "/twice", "/new", "/other"], {
    ...entered({
      "/done": { state: "done", file: "d", bytes: 7 },
      "/twice": { state: "duplicate" },
      "/new": { state: "new", file: "n", naming: "plain" },
    }),
  });
  const job = await take(queue);
  assertEquals([job.id, job.target], [2, { file: "n", naming: "plain" }]);
  assertEquals((await take(queue)).target, undefined);
  const skipped = reported.map((each) => each.result === "skipped" && [each.id, each.reason, each.file, each.size]);
  assertEquals(skipped, [[0, "there", "d", 7], [1, "duplicate", undefined, undefined]]);
  assertEquals([meter.asked, meter.started, meter.skipped], [4, 4, 2]);
});

Deno.test("Queue of nothing but what is there ends for all lanes", async () => {
  const { queue, reported } = setUp(counted(100_000).source, { enter: () => ({ state: "duplicate" }) });
  const lanes = [queue.next(), queue.next(), queue.next()];
  assertEquals((await Promise.all(lanes)).map(({ done }) => done), [true, true, true]);
  assertEquals(reported.length, 100_000);
  queue.close();
});

Deno.test("Queue lets others have their turn while it skips what is there", async () => {
  const aborter = new AbortController();
  const { queue, meter } = setUp(counted(1e9).source, {
    enter: () => ({ state: "duplicate" }),
    signal: aborter.signal,
    report() {},
  });
  setTimeout(() => aborter.abort(), 20);
  assertEquals((await queue.next()).done, true);
  assert(meter.skipped > 0);
  queue.close();
});

Deno.test("Queue doesn't pull from a source that hasn't answered yet, because it has given others their turn", async () => {
  let pulled = 0;
  const batch = Array.from({ length: 6_000 }, (_, n) => `http://a/${n}`);
  const next = (): Promise<IteratorResult<string[], undefined>> =>
    pulled++ === 0 ? Promise.resolve({ done: false, value: batch }) : new Promise(() => {});
  const { queue, aborter } = setUp({ [Symbol.asyncIterator]: () => ({ next }) });
  queue.takeReady(1); // starts the pull
  await new Promise((resolve) => setTimeout(resolve, 0));
  const jobs = queue.takeReady(6_001);
  assertEquals([jobs.length, pulled], [6_000, 2]);
  for (const job of jobs) queue.settle(failed(job, "refused"));
  await new Promise((resolve) => setTimeout(resolve, 10));
  queue.takeReady(2); // more than it looks at in one turn are due, and wait for their host
  await new Promise((resolve) => setTimeout(resolve, 10));
  queue.takeReady(2);
  assertEquals(pulled, 2);
  aborter.abort();
});

Deno.test("Queue has no more in flight than its concurrency", async () => {
  const { queue } = setUp(counted(9).source, { concurrency: 2 });
  const [first, ...rest] = queue.takeReady(9);
  assertEquals(rest.length, 1);
  const next = queue.next();
  assert(await isOpen(next));
  queue.settle(done(first));
  assertEquals((await next).value?.id, 2);
});

Deno.test("Queue starts another host's job in the place of a stalled one, until that one has ended", () => {
  const { queue } = setUp(["http://a/0", "http://a/1", "http://a/2", "http://b/3", "http://b/4"], { concurrency: 2 });
  const [slow, other] = queue.takeReady(9);
  queue.stalled([slow.id]);
  assertEquals(queue.takeReady(9).map(({ id }) => id), [3], "not the second one of the same host");
  queue.settle(done(slow));
  assertEquals(queue.takeReady(9), []);
  queue.settle(done(other));
  assertEquals(queue.takeReady(9).map(({ id }) => id), [2]);
  queue.stalled([slow.id, 77]);
});

Deno.test("Queue gives a place that becomes free to the share with the fewest jobs in flight", async () => {
  const { queue } = setUp(counted(99).source, { concurrency: 4 });
  const taken = queue.takeReady(4);
  const share = queue.share();
  const own = queue.next();
  const others = [share.next(), share.next()];
  for (const job of taken.slice(0, 3)) queue.settle(done(job));
  const [a, b, c] = await Promise.all([...others, own]);
  assertEquals([a.value?.id, b.value?.id, c.value?.id].sort(), [4, 5, 6]);
  assert(await isOpen(queue.next()));
});

Deno.test("Queue ends when too many have failed, and has what is in flight ended", async () => {
  const reasons: unknown[] = [];
  const { queue, reported, meter } = setUp(counted(9).source, {
    maxFailures: 2,
    retries: 0,
    abort: (why) => reasons.push(why),
  });
  const [a, b, c] = queue.takeReady(3);
  queue.settle(failed(a));
  assertEquals((await take(queue)).id, 3);
  queue.settle(failed(b));
  assertEquals([(await queue.next()).done, reasons.length, meter.stopped], [true, 1, "2 downloads have failed"]);
  queue.settle(failed(c, "aborted"));
  queue.settle(notTried({ id: 3, attempt: 1, url: "/3" }));
  assertEquals([reported.length, meter.started], [3, 3]);
  queue.close();
});

Deno.test("Queue ends when nothing can be written any more, and throws that", async () => {
  let aborted = 0;
  const { queue, reported } = setUp(counted(9).source, { abort: () => aborted++ });
  queue.settle(failed(await take(queue), "cannot-write", { message: "the disk is full" }));
  assertEquals([(await queue.next()).done, aborted, reported.length], [true, 1, 1]);
  assertThrows(() => queue.close(), CannotWriteError, "the disk is full");
});

Deno.test("Queue reports the download with its outcome, as the source said it", async () => {
  const download = { url: "http://user:pass@a/", name: "n", headers: { a: "b" } };
  const seen: [string, Download][] = [];
  const { queue } = setUp([download, "http://user:pass@b/"], {
    ...entered({ "http://user:pass@b/": { state: "duplicate" } }),
    report: (outcome, download) => seen.push([outcome.url, download]),
  });
  queue.settle(done({ ...await take(queue), url: "http://a/" }));
  await queue.next();
  assertEquals(seen.map(([url, { url: whole, name }]) => [url, whole, name]), [
    ["http://a/", "http://user:pass@a/", "n"],
    ["http://b/", "http://user:pass@b/", undefined],
  ]);
});

Deno.test("Queue tries a body that has another SHA-256 once more, and only once", async () => {
  const { queue, reported } = setUp(["/a", "/b"], { retries: 5 });
  const [a, b] = [await take(queue), await take(queue)];
  queue.settle(failed(a, "checksum"));
  queue.settle(failed(b, "checksum"));
  const again = [await take(queue), await take(queue)].sort((x, y) => x.id - y.id);
  assertEquals(again.map(({ attempt }) => attempt), [2, 2]);
  queue.settle(failed(again[0], "checksum"));
  queue.settle(failed(again[1], "reset"));
  assertEquals(reported.map(({ url, attempts }) => [url, attempts]), [["/a", 2]]);
  const third = await take(queue);
  assertEquals(third.attempt, 3);
  queue.settle(failed(third, "checksum"));
  assertEquals(reported.map(({ url, attempts }) => [url, attempts]), [["/a", 2], ["/b", 3]]);
  queue.close();
});

Deno.test("Queue doesn't try a body that has another SHA-256 once more if it may not try again", () => {
  const { queue, reported } = setUp(["/a"], { retries: 0 });
  queue.settle(failed(queue.takeReady(1)[0], "checksum"));
  assertEquals(reported.length, 1);
  queue.next();
  queue.close();
});
