import { assertEquals } from "@std/assert";
import { Meter } from "../../lib/core/meter.ts";
import { FurtherRequests } from "../../lib/engine/further_requests.ts";
import type { Ended } from "../../lib/engine/host.ts";
import { HostLimits, type HostLimitsOptions, type HostRequest } from "../../lib/engine/host_limits.ts";
import { type Flight, InFlight } from "../../lib/engine/in_flight.ts";

const answered: Ended = { as: "answered", isOverload: false, isNowhere: false };

interface Ticket extends HostRequest, Flight {
  job: { id: number; url: string; attempt: number };
}

const ticket = (id: number, url = "http://a/"): Ticket => ({ job: { id, url, attempt: 1 } });

function setUp({ concurrency = 10, ...options }: Partial<HostLimitsOptions<Ticket>> & { concurrency?: number } = {}) {
  const clock = { now: 1_000 };
  const hosts = new HostLimits<Ticket>({ now: () => clock.now, onFree() {}, onRefused() {}, ...options });
  const inFlight = new InFlight<Ticket>({ meter: new Meter(), concurrency });
  let freed = 0;
  const further = new FurtherRequests(inFlight, hosts, () => freed++);
  const start = (id: number, url?: string) => {
    const request = ticket(id, url);
    const said = hosts.ask(request, true);
    if (said === "go") inFlight.add(request, { inFlight: 0, idle: [] });
    return { request, said };
  };
  return { clock, hosts, inFlight, further, start, freed: () => freed, [Symbol.dispose]: () => void hosts.close() };
}

Deno.test("further requests of a job count as requests to its host", () => {
  using t = setUp({ perHost: 3 });
  t.start(0);
  assertEquals([1, 2, 3].map(() => t.further.acquire(0)), [true, true, false]);
  assertEquals(t.start(1).said, "wait");
  assertEquals(t.start(2, "http://b/").said, "go");
  t.further.release(0, answered);
  assertEquals([t.further.acquire(0), t.hosts.next(true)?.job.id, t.freed()], [false, 1, 1], "what waits goes first");
});

Deno.test("further requests of a job take places of --concurrency", () => {
  using t = setUp({ concurrency: 2 });
  t.start(0);
  assertEquals([t.further.acquire(0), t.further.acquire(0), t.inFlight.hasPlace], [true, false, false]);
  t.further.release(0, answered);
  assertEquals(t.inFlight.hasPlace, true);
});

Deno.test("a host whose job has its answer counts as one that answers, so that its segments need no half of all places", () => {
  using t = setUp({ places: 2 });
  t.hosts.end(ticket(9), { ...answered, as: "unreachable" }); // hosts are remembered from here on
  t.start(0);
  assertEquals([t.start(1, "http://b/").said, t.further.acquire(0)], ["go", true]);
  t.further.end(0);
  using u = setUp({ places: 2, perHost: 9 });
  u.start(0);
  assertEquals(u.further.acquire(0), true);
  assertEquals([u.start(1, "http://b/").said, u.start(2, "http://c/").said], ["go", "go"]);
});

Deno.test("a job that has ended has no further requests, whoever forgot to give them back", () => {
  using t = setUp({ perHost: 2, concurrency: 2 });
  const { request } = t.start(0);
  assertEquals(t.further.acquire(0), true);
  t.further.end(0);
  t.hosts.end(request, answered);
  assertEquals([t.start(1).said, t.start(2).said], ["go", "go"]);
  t.further.release(0, answered);
  assertEquals(t.start(3).said, "wait");
  assertEquals([t.further.acquire(9), t.further.renew(9)], [false, false], "there is no such job");
});

Deno.test("further requests obey a host's rate and what it asks for, also in the place of one that has ended", () => {
  using t = setUp({ rate: 1 });
  t.start(0);
  assertEquals([t.further.acquire(0), t.further.renew(0)], [false, false]);
  t.clock.now += 1_000;
  assertEquals([t.further.renew(0), t.further.acquire(0)], [true, false]);
  t.clock.now += 1_000;
  assertEquals(t.further.acquire(0), true);
  t.further.release(0, { ...answered, isOverload: true, retryAfterMs: 60_000 });
  t.clock.now += 2_000;
  assertEquals([t.further.acquire(0), t.further.renew(0)], [false, false]);
});
