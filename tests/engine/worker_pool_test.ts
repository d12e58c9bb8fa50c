import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Meter } from "../../lib/core/meter.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { Queue } from "../../lib/engine/queue.ts";
import { Session } from "../../lib/engine/session.ts";
import { settle } from "../../lib/core/settings.ts";
import { numberedPages } from "../../lib/source/numbered_pages.ts";
import { inWorkers, MAX_FRUITLESS_WORKERS, WORKER_BATCH, type WorkersOptions } from "../../lib/engine/worker_pool.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read");

const MAIN = new URL("../../lib/engine/worker_main.ts", import.meta.url);
const DYING = new URL("../fixtures/dying_worker.ts", import.meta.url);
const STILLBORN = new URL("../fixtures/stillborn_worker.ts", import.meta.url);

/** How many workers were started, for as long as it isn't disposed of. */
class WorkerCount implements Disposable {
  started = 0;
  ended = 0;
  readonly #real = Worker;

  constructor() {
    // deno-lint-ignore no-this-alias
    const count = this;
    globalThis.Worker = class extends this.#real {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        count.started++;
      }
      override terminate() {
        count.ended++;
        super.terminate();
      }
    };
  }

  [Symbol.dispose]() {
    globalThis.Worker = this.#real;
  }
}

interface Options extends Omit<WorkersOptions, "start"> {
  /** What the workers run. Default: what they always do. */
  entry?: URL;
  retries?: number;
  aborter?: AbortController;
  report?: (outcome: Outcome) => void;
}

/** Downloads in workers and says what became of it. */
async function download(source: ConstructorParameters<typeof Queue>[0], options: Options) {
  const { retries = 0, aborter = new AbortController(), report = () => {} } = options;
  const { signal } = aborter;
  const meter = new Meter();
  const outcomes: Outcome[] = [];
  const jobs = new Queue(source, (outcome) => {
    outcomes.push(outcome);
    report(outcome);
  }, { signal, retries, backoffMs: 0, meter });
  using session = new Session(settle({}, { concurrency: 1 }), signal);
  using workers = new WorkerCount();
  const start = () => new Worker(options.entry ?? MAIN, { type: "module" });
  await inWorkers(jobs, session, { ...options, start });
  jobs.close();
  assertEquals(meter.started, outcomes.length);
  assert(workers.ended >= workers.started, "no worker is left");
  return { outcomes: outcomes.sort((a, b) => a.id - b.id), meter, started: workers.started };
}

const results = (outcomes: Outcome[]) => outcomes.map((each) => each.result === "failed" ? each.kind : each.result);

test("inWorkers() downloads each URL once, with as many workers and lanes as it is told", async () => {
  // Pages that take 50 ms, or the pause of a busy machine would pass for a stall, which lends a place to another job
  const answer = async (path: string) => {
    await delay(50);
    return new Response(path.slice(1));
  };
  await using server = new CountingServer({ holdUntil: 6, answer });
  const { outcomes, meter, started } = await download(numberedPages(server.url, 60), { workers: 2, lanes: 3 });
  assertEquals([server.counts(), server.peak, meter.peakInFlight, started], [Array(60).fill(1), 6, 6, 2]);
  assertEquals(results(outcomes), Array(60).fill("done"));
});

test("inWorkers() starts no more workers than there are jobs", async () => {
  await using server = new CountingServer();
  const { started } = await download(numberedPages(server.url, 2), { workers: 20, lanes: 1 });
  assert(started <= 2, `${started} workers`);
  assertEquals((await download([], { workers: 20, lanes: 1 })).started, 0);
});

test("inWorkers() gives a worker more jobs than fit into one message", async () => {
  const source = Array.from({ length: 3 * WORKER_BATCH }, () => "x");
  const { outcomes } = await download(source, { workers: 1, lanes: 2 * WORKER_BATCH, entry: DYING });
  assertEquals(outcomes.length, 3 * WORKER_BATCH);
});

test("inWorkers() counts the jobs of a worker that dies as failed, and starts another", async () => {
  const source = ["silent", "silent", "silent", "always throw", "x", "x"];
  const { outcomes, started } = await download(source, { workers: 1, lanes: 4, entry: DYING });
  assertEquals(results(outcomes), [...Array(4).fill("worker-died"), "done", "done"]);
  assert(outcomes[3].result === "failed");
  assertEquals(outcomes[3].message, "the worker died: Uncaught Error: job 3 killed it");
  assertEquals(started, 2);
});

test("inWorkers() gives what a dead worker had to the next one, when there are retries", async () => {
  const source = ["x", "throw", "x", "x", "throw", "x"];
  const { outcomes, meter } = await download(source, { workers: 2, lanes: 2, entry: DYING, retries: 5 });
  assertEquals(results(outcomes), Array(6).fill("done"));
  assert(meter.retries >= 2);
});

test("inWorkers() copes with an outcome that comes from a worker as it dies", async () => {
  const source = Array.from({ length: 20 }, () => "end and throw");
  const { outcomes } = await download(source, { workers: 3, lanes: 2, entry: DYING });
  assertEquals(outcomes.length, 20);
  for (const result of results(outcomes)) assert(result === "done" || result === "worker-died");
});

test("inWorkers() stops starting workers that die at once, and all jobs fail", async () => {
  const source = Array.from({ length: 30 }, () => "x");
  const { outcomes, started } = await download(source, { workers: 2, lanes: 1, entry: STILLBORN });
  assertEquals(results(outcomes), Array(30).fill("worker-died"));
  assert(outcomes[0].result === "failed");
  assertEquals(outcomes[0].message, "the worker died: Uncaught (in promise) Error: nothing works here");
  assert(started <= 2 * (1 + MAX_FRUITLESS_WORKERS), `${started} workers`);
});

test("inWorkers() with a module that isn't there says so", async () => {
  const entry = new URL("./fixtures/no_such_worker.ts", import.meta.url);
  const { outcomes } = await download(["x"], { workers: 1, lanes: 1, entry });
  assert(outcomes[0].result === "failed");
  assertEquals([outcomes[0].kind, outcomes[0].message.includes("\n")], ["worker-died", false]);
});

test("inWorkers() goes on replacing workers that ended something before they died", async () => {
  const source = Array.from({ length: 2 * MAX_FRUITLESS_WORKERS + 4 }, (_, i) => i % 2 ? "always throw" : "x");
  const { outcomes } = await download(source, { workers: 1, lanes: 1, entry: DYING });
  assertEquals(results(outcomes), source.map((url) => url === "x" ? "done" : "worker-died"));
});

test("inWorkers() ends what its workers have in flight when the run is aborted", async () => {
  await using server = new CountingServer({ answer: () => new Promise(() => {}) });
  const aborter = new AbortController();
  const waiting = setInterval(() => server.requests.size === 4 && aborter.abort(), 1);
  const { outcomes } = await download(numberedPages(server.url, 50), { workers: 2, lanes: 2, aborter });
  clearInterval(waiting);
  assertEquals(results(outcomes), Array(4).fill("aborted"));
});

test("inWorkers() lets no worker that starts after the abort begin a download", async () => {
  await using server = new CountingServer();
  const aborter = new AbortController();
  const meter = new Meter();
  const late: Outcome[] = [];
  const { signal } = new AbortController(); // the queue hands out a job just before the session hears of the abort
  const jobs = new Queue(numberedPages(server.url, 1), (outcome) => late.push(outcome), {
    ...{ signal, retries: 0, backoffMs: 0, meter },
  });
  aborter.abort();
  using session = new Session(settle({}, { concurrency: 1 }), aborter.signal);
  await inWorkers(jobs, session, { workers: 1, lanes: 1, start: () => new Worker(MAIN, { type: "module" }) });
  assertEquals([server.requests.size, late.length, meter.started], [0, 0, 0]);
  jobs.close();
});
