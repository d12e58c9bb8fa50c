import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Job } from "../../lib/core/download.ts";
import { atOnce, type JobIterator, openLanes } from "../../lib/engine/at_once.ts";

/** Jobs 0 to n-1, and how often anyone asked for one. */
function counted(n: number): JobIterator & { asked: number } {
  let id = 0;
  return {
    asked: 0,
    next() {
      this.asked++;
      const job: Job = { id, attempt: 1, url: `/${id}` };
      return Promise.resolve(id++ < n ? { done: false, value: job } : { done: true, value: undefined });
    },
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("atOnce() does every job once", async () => {
  const ids: number[] = [];
  await atOnce(3, counted(100), async ({ id }) => {
    await Promise.resolve();
    ids.push(id);
  });
  assertEquals(ids.sort((a, b) => a - b), Array.from({ length: 100 }, (_, id) => id));
});

for (const [limit, jobs, peak] of [[1, 5, 1], [3, 10, 3], [10, 3, 3], [5, 0, 0], [1_000, 1_000, 1_000]]) {
  Deno.test(`atOnce() has at most ${peak} of ${jobs} jobs at work with a limit of ${limit}`, async () => {
    let working = 0;
    let most = 0;
    await atOnce(limit, counted(jobs), async () => {
      most = Math.max(most, ++working);
      await turn();
      working--;
    });
    assertEquals([most, working], [peak, 0]);
  });
}

Deno.test("atOnce() holds up nobody behind a slow job", async () => {
  const slow = Promise.withResolvers<void>();
  const ended: number[] = [];
  const all = atOnce(2, counted(6), async ({ id }) => {
    if (id === 0) await slow.promise;
    ended.push(id);
  });
  await turn();
  assertEquals(ended, [1, 2, 3, 4, 5]);
  slow.resolve();
  await all;
  assertEquals(ended, [1, 2, 3, 4, 5, 0]);
});

Deno.test("atOnce() asks for no more jobs than it has lanes for", async () => {
  const jobs = counted(1_000_000);
  const stuck = atOnce(4, jobs, () => new Promise(() => {}));
  await turn();
  assertEquals(jobs.asked, 4);
  void stuck;
});

Deno.test("atOnce() throws what the work throws first", async () => {
  const ran = atOnce(2, counted(4), ({ id }) => Promise.reject(new Error(`job ${id}`)));
  await assertRejects(() => ran, Error, "job 0");
});

Deno.test("atOnce() throws what the work or settle() throws before it returns a promise", async () => {
  const boom = () => {
    throw new Error("boom");
  };
  await assertRejects(() => atOnce(2, counted(4), boom), Error, "boom");
  await assertRejects(() => atOnce(2, counted(4), () => Promise.resolve(), { settle: boom }), Error, "boom");
});

Deno.test("atOnce() takes what work says later as well as what its promise says, and what it fails with", async () => {
  const settled: number[] = [];
  await atOnce<number>(2, counted(6), ({ id }, _, ended) => {
    if (id % 2) return Promise.resolve(id);
    setTimeout(() => ended.settle(id), 0);
  }, { settle: (id) => void settled.push(id) });
  assertEquals(settled.sort(), [0, 1, 2, 3, 4, 5]);
  const failing = atOnce(2, counted(4), (_, _lane, ended) => void setTimeout(() => ended.fail(new Error("boom")), 0));
  await assertRejects(() => failing, Error, "boom");
});

Deno.test("atOnce() takes jobs without waiting while there are some, waits when there is none, and does each once", async () => {
  const waiting = counted(6);
  const ready: Job[] = Array.from({ length: 10 }, (_, n) => ({ id: 100 + n, attempt: 1, url: `/${n}` }));
  const ids: number[] = [];
  await atOnce(3, { next: () => waiting.next(), takeNow: () => ready.pop() }, async ({ id }) => {
    await Promise.resolve();
    ids.push(id);
  });
  assertEquals(ids.sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, ...Array.from({ length: 10 }, (_, n) => 100 + n)]);
});

Deno.test("atOnce() throws what the source of jobs throws", async () => {
  const ran = atOnce(2, { next: () => Promise.reject(new Error("no jobs")) }, async () => {});
  await assertRejects(() => ran, Error, "no jobs");
});

Deno.test("openLanes() opens a lane only when there is a job for it", async () => {
  const firsts: number[] = [];
  const jobs = counted(3);
  await openLanes(100, jobs, async ({ id }) => {
    firsts.push(id);
    await turn();
  });
  assertEquals([firsts, jobs.asked], [[0, 1, 2], 4]);
});

Deno.test("openLanes() opens no lane above its limit, and leaves further jobs to those it has", async () => {
  const seen: number[][] = [];
  const jobs = counted(5);
  await openLanes(2, jobs, async (first) => {
    const mine = [first.id];
    seen.push(mine);
    for (let next = await jobs.next(); !next.done; next = await jobs.next()) mine.push(next.value.id);
  });
  assertEquals(seen.length, 2);
  assertEquals(seen.flat().sort(), [0, 1, 2, 3, 4]);
});

Deno.test("openLanes() pauses between two openings, and the lanes that are open take jobs meanwhile", async () => {
  const pauses: (() => void)[] = [];
  const pause = () => new Promise<void>((resolve) => pauses.push(resolve));
  const jobs = counted(5);
  const firsts: number[] = [];
  const seen: number[] = [];
  const all = openLanes(2, jobs, async (first) => {
    firsts.push(first.id);
    for (let job: Job | undefined = first; job; job = (await jobs.next()).value) {
      seen.push(job.id);
      await turn();
    }
  }, pause);
  await turn();
  await turn();
  pauses.shift()?.();
  await turn();
  pauses.shift()?.();
  await all;
  assertEquals(seen, [0, 1, 2, 3, 4]);
  assert(firsts.length === 2 && firsts[1] > 1, `the second lane began with job ${firsts[1]}`);
});

Deno.test("openLanes() throws what a lane throws during the pause after its opening", async () => {
  const pause = async () => {
    await turn();
  };
  const ran = openLanes(2, counted(1), () => Promise.reject(new Error("the lane broke")), pause);
  await assertRejects(() => ran, Error, "the lane broke");
  await turn();
  await turn();
});

Deno.test("atOnce() closes a lane when it is told that there was one too many, but never the first", async () => {
  const lanes: number[] = [];
  const pause = (open: number) => open === 3 ? new Promise<void>(() => {}) : undefined;
  await atOnce(4, counted(9), async (_, lane) => {
    lanes.push(lane);
    await turn();
  }, { settle: () => false, pause });
  assertEquals(lanes.filter((lane) => lane > 0).length, 2, "each further lane did one job");
  assertEquals(lanes.length, 9);
});

Deno.test("atOnce() opens a lane that was closed again, under its old number, when there is room for it", async () => {
  const lanes: number[] = [];
  await atOnce(3, counted(30), async (_, lane) => {
    lanes.push(lane);
    await turn();
  }, { settle: (_, lane) => lane === 0 });
  assertEquals([lanes.length, new Set(lanes)], [30, new Set([0, 1, 2])]);
});

Deno.test("atOnce() ends when its jobs do, also in the middle of a pause that has no end", async () => {
  let done = 0;
  const pause = (opened: number) => opened === 2 ? new Promise<void>(() => {}) : undefined;
  await atOnce(5, counted(4), async () => {
    await turn();
    done++;
  }, { pause });
  assertEquals(done, 4);
});

Deno.test("atOnce() keeps to its pauses when a lane is closed because it was one too many", async () => {
  let opened = 0;
  const resume = Promise.withResolvers<void>();
  const lanes = new Set<number>();
  const pause = (lanes: number) => lanes === 3 ? resume.promise : undefined;
  await atOnce(9, counted(30), async (_, lane) => {
    lanes.add(lane);
    await turn();
    if (++opened === 20) assertEquals(lanes.size, 3, "the pause after the third lane has not ended");
    if (opened === 20) resume.resolve();
  }, { settle: (_, lane) => lane !== 2, pause });
  assert(lanes.size > 3);
});
