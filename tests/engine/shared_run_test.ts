/** What the engine does for a run that machines share: lib/core/shared_run.ts. */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { download } from "../../download.ts";
import type { Job } from "../../lib/core/download.ts";
import { Meter } from "../../lib/core/meter.ts";
import type { Failed, FailureKind, Outcome } from "../../lib/core/outcome.ts";
import type { SharedDownload, SharedEngine, SharedRun } from "../../lib/core/shared_run.ts";
import type { Ended } from "../../lib/engine/host.ts";
import { HostLimits, type HostLimitsOptions, type HostRequest } from "../../lib/engine/host_limits.ts";
import { Queue, type QueueOptions } from "../../lib/engine/queue.ts";
import { gatedSend } from "../../lib/engine/gated_send.ts";
import { RETRY_AFTER_MOST_MS } from "../../lib/http/retry_after.ts";
import { testNeeding } from "../helpers/needs.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net", "read", "env", "sys");

const facts = ({ id, url, attempt }: Job) => ({ id, url, attempts: attempt, startedAt: 0, totalMs: 1, bytes: 10 });
const done = (job: Job): Outcome => ({ result: "done", ...facts(job) });
const failed = (job: Job, kind: FailureKind, more: Partial<Failed> = {}): Failed => ({
  ...{ result: "failed", kind, message: kind, ...facts(job) },
  ...more,
});

/** A download of partition 1 for hosts a and b, of 2 for others. */
const of = (url: string): SharedDownload => ({ url, partition: /\/\/[ab]/.test(url) ? 1 : 2 });

/** A queue of a run that machines share. */
function setUp(urls: string[], options: Partial<QueueOptions> = {}) {
  const state = { mayStart: true, news: [] as number[] };
  const shared: SharedRun = {
    id: "run",
    mayStart: () => state.mayStart,
    mayGoOn: () => state.mayStart,
    isOurs: () => true,
    onHostNews: (partition) => state.news.push(partition),
    begin() {},
  };
  const reported: Outcome[] = [];
  const meter = new Meter();
  const { signal } = new AbortController();
  const all = { signal, retries: 3, backoffMs: 0, meter, shared, ...options };
  const queue = new Queue(urls.map(of), (outcome) => reported.push(outcome), all);
  return { queue, reported, meter, state };
}

function takeAll(queue: Queue): Job[] {
  return queue.takeReady(100);
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test("withdraw() takes out what is queued, deferred or due of a partition, and nothing of others", async () => {
  const urls = ["http://a/1", "http://a/2", "http://b/3", "http://c/4", "http://c/5"];
  const { queue, reported, meter } = setUp(urls, { perHost: 1 });
  const [a1, b3, c4] = takeAll(queue);
  assertEquals([a1, b3, c4].map(({ url }) => url), ["http://a/1", "http://b/3", "http://c/4"]);
  queue.settle(failed(b3, "reset"));
  assertEquals(queue.withdraw(1), [a1.id]);
  await turn();
  assertEquals(takeAll(queue), []);
  queue.settle(done(a1));
  queue.settle(done(c4));
  const [c5] = takeAll(queue);
  queue.settle(done(c5));
  assertEquals(takeAll(queue), []);
  queue.close();
  assertEquals(reported.map(({ url }) => url), ["http://a/1", "http://c/4", "http://c/5"]);
  assertEquals([meter.asked, meter.started, meter.done, meter.failed], [3, 3, 3, 0]);
});

Deno.test("of what was in flight when its partition was withdrawn, only what has ended for good is reported", async () => {
  const urls = ["http://a/done", "http://a/gone", "http://a/reset", "http://a/aborted", "http://a/unsent"];
  const { queue, reported, meter } = setUp(urls);
  const [isDone, isGone, isReset, isAborted, isUnsent] = takeAll(queue);
  assertEquals(queue.withdraw(1).length, 5);
  queue.settle(done(isDone));
  queue.settle(failed(isGone, "status", { status: 404 }));
  queue.settle(failed(isReset, "reset"));
  queue.settle(failed(isAborted, "aborted"));
  assertEquals(queue.withdraw(1), [isUnsent.id]);
  queue.settle(failed(isUnsent, "aborted", { attempts: 0 }));
  assertEquals(queue.withdraw(1), []);
  await turn();
  assertEquals(takeAll(queue), []);
  queue.close();
  assertEquals(reported.map(({ url }) => url), ["http://a/done", "http://a/gone"]);
  assertEquals([meter.asked, meter.started, meter.done + meter.failed], [2, 2, 2]);
});

Deno.test("nothing starts while a run that machines share doesn't let it, however it is asked for", async () => {
  const { queue, state, reported } = setUp(["http://a/1", "http://a/2"]);
  state.mayStart = false;
  const waiting = queue.next();
  assertEquals([queue.takeNow(), takeAll(queue)], [undefined, []]);
  queue.wake();
  await turn();
  state.mayStart = true;
  queue.wake();
  const { value } = await waiting;
  assertEquals(value?.url, "http://a/1");
  state.mayStart = false;
  if (value) queue.settle(done(value));
  await turn();
  assertEquals([takeAll(queue), reported.length], [[], 1]);
});

Deno.test("a download that isn't this machine's any more is left out as if it had never been pulled", () => {
  const { queue, meter, reported } = setUp(["http://a/1", "http://c/2"], {
    enter: (download) => ({ state: (download as SharedDownload).partition === 1 ? "withdrawn" : "unsaved" }),
  });
  const [c2, ...rest] = takeAll(queue);
  assertEquals([c2.url, rest], ["http://c/2", []]);
  queue.settle(done(c2));
  assertEquals(takeAll(queue), []);
  queue.close();
  assertEquals([meter.asked, reported.length], [1, 1]);
});

const answered: Ended = { as: "answered", isOverload: false, isNowhere: false };
const unreachable: Ended = { ...answered, as: "unreachable" };
const overloaded: Ended = { ...answered, isOverload: true };

/** Limits of a machine whose clock began at another time than that of others. */
function limitsAt(now: number, options: Partial<HostLimitsOptions<HostRequest>> = {}) {
  const clock = { now };
  const news: number[] = [];
  const limits = new HostLimits<HostRequest>({
    now: () => clock.now,
    onFree() {},
    onRefused() {},
    onNews: (partition) => news.push(partition),
    ...options,
  });
  return { limits, clock, news, [Symbol.dispose]: () => void limits.close() };
}

const request = (url: string): HostRequest => ({ job: { url, attempt: 1, partition: 7 } });

/** Hands over what one machine knows of partition 7 to another, as it goes through a log. */
function handOver(one: HostLimits<HostRequest>, other: HostLimits<HostRequest>): void {
  other.import(7, JSON.parse(JSON.stringify(one.export(7))));
}

Deno.test("a host's Retry-After holds on the machine that has its partition next", () => {
  using one = limitsAt(1_000);
  using other = limitsAt(900_000);
  const first = request("http://a/1");
  one.limits.ask(first, true);
  one.limits.end(first, { ...overloaded, retryAfterMs: 60_000 });
  assertEquals(one.news, [7]);
  handOver(one.limits, other.limits);
  assertEquals(other.limits.ask(request("http://a/2"), true), "wait");
  assertEquals(other.limits.ask(request("http://b/3"), true), "go");
  other.clock.now += 59_900;
  assertEquals(other.limits.next(true), undefined);
  other.clock.now += 200;
  assertEquals(other.limits.ask(request("http://a/4"), true), "wait", "what has waited comes first");
});

Deno.test("a host's open circuit, lowered limits and paced starts hold on the machine that has its partition next", () => {
  using one = limitsAt(1_000, { rate: 0.1, perHost: 8 });
  using other = limitsAt(50_000, { rate: 0.1, perHost: 8 });
  for (let n = 0; n < 5; n++) one.limits.end(request("http://down/1"), unreachable);
  assertEquals(one.limits.ask(request("http://paced/1"), true), "go");
  const busy = Array.from({ length: 4 }, (_, n) => request(`http://busy/${n}`));
  for (const each of busy) {
    assertEquals(one.limits.ask(each, true), "go");
    one.clock.now += 10_000;
  }
  for (const each of busy) one.limits.end(each, overloaded);
  const states = one.limits.export(7);
  assertEquals(Object.keys(states).sort(), ["busy", "down"], "paced has nothing to be remembered after so long");
  const { circuit } = states.down as { circuit: { failures: number } };
  assertEquals(circuit.failures, 5);
  assert(Number((states.busy as { limit: number }).limit) < 4);
  handOver(one.limits, other.limits);
  assertEquals(Object.keys(other.limits.export(7)).sort(), ["busy", "down"]);
});

Deno.test("a rate limit's next start is handed over", () => {
  using one = limitsAt(1_000, { rate: 0.1 });
  using other = limitsAt(50_000, { rate: 0.1 });
  const first = request("http://a/1");
  assertEquals(one.limits.ask(first, true), "go");
  one.limits.end(first, answered);
  handOver(one.limits, other.limits);
  assertEquals(other.limits.ask(request("http://a/2"), true), "wait");
});

Deno.test("what another machine says of hosts is believed within bounds, and what isn't a state is left out", () => {
  using t = limitsAt(1_000);
  const far = Date.now() + 1e12;
  t.limits.import(7, {
    forever: { notBefore: far, circuit: { failures: 1e9, halfOpenAt: far, awaySince: far, reopened: -5 } },
    text: "no state",
    none: null,
    ["x".repeat(300)]: { notBefore: far },
    odd: { notBefore: "soon", limit: -3, perSecond: NaN, circuit: { failures: 0.5 } },
  });
  assertEquals(t.limits.ask(request("http://text/"), true), "go");
  assertEquals(t.limits.ask(request("http://odd/"), true), "go");
  assertEquals(t.limits.ask(request("http://forever/"), true), "wait");
  t.clock.now += RETRY_AFTER_MOST_MS + 1;
  const { forever } = t.limits.export(7) as Record<string, { notBefore?: number; circuit: { failures: number } }>;
  assertEquals([forever.notBefore, forever.circuit.failures], [undefined, 5]);
});

/** A run over real HTTP with one download, which takes ten seconds, and what controls it. */
async function withDownload(
  mayGoOn: () => boolean,
  act: (engine: SharedEngine, requests: () => number) => Promise<void>,
): Promise<Outcome[]> {
  await using site = serveSite({ behaviour: { delay: 10_000 } });
  const begun = Promise.withResolvers<SharedEngine>();
  const ended = Promise.withResolvers<void>();
  const reported: Outcome[] = [];
  async function* source() {
    yield [{ url: `${site.url}1`, partition: 2 }];
    await ended.promise;
  }
  const running = download(source(), (outcome) => reported.push(outcome), {
    shared: { id: "run", mayStart: () => true, mayGoOn, isOurs: () => true, onHostNews() {}, begin: begun.resolve },
  });
  await act(await begun.promise, () => site.stats.report().requests);
  ended.resolve();
  await running;
  return reported;
}

test("what is withdrawn and aborted ends without an outcome", async () => {
  const reported = await withDownload(() => true, async (engine, requests) => {
    while (requests() === 0) await delay(1);
    const ids = engine.withdraw(2);
    assertEquals(ids.length, 1);
    engine.abort(ids);
    while (engine.withdraw(2).length > 0) await delay(1);
  });
  assertEquals(reported, []);
});

test("a request that may not go on any more when it is about to leave doesn't leave", async () => {
  let asked = 0;
  const reported = await withDownload(() => ++asked > 1, async () => {
    while (asked === 0) await delay(1);
  });
  assertEquals(asked, 1);
  assertEquals(reported.map((outcome) => outcome.result === "failed" && outcome.kind), ["aborted"]);
});

Deno.test("gatedSend() asks before each request", async () => {
  let may = true;
  const sent: string[] = [];
  const send = gatedSend((url) => {
    sent.push(url);
    return Promise.reject(new Error("sent"));
  }, () => may);
  const tried = (url: string) => send(url, { headers: {}, redirect: "manual" }).catch(({ message }) => message);
  assertEquals(await tried("/1"), "sent");
  may = false;
  assertEquals(await tried("/2"), "another machine goes on with it");
  assertEquals(sent, ["/1"]);
});
