import { assert, assertEquals } from "@std/assert";
import { MAX_REMEMBERED_ORIGINS } from "../../constants.ts";
import type { Ended } from "../../lib/engine/host.ts";
import { HostLimits, type HostLimitsOptions, type HostRequest } from "../../lib/engine/host_limits.ts";
import { FAILURES_TO_OPEN, OPEN_MS } from "../../lib/engine/circuit_breaker.ts";

/** Answers, and failures, that say nothing further. */
const answered: Ended = { as: "answered", isOverload: false, isNowhere: false };
const unreachable: Ended = { ...answered, as: "unreachable" };

/** Limits whose clock is set by hand, and what it said. Its timers never fire: the tests call `next()` at the right times. */
function setUp(options: Partial<HostLimitsOptions<HostRequest>> = {}) {
  const clock = { now: 1_000_000 };
  const refused: string[] = [];
  const limits = new HostLimits<HostRequest>({
    now: () => clock.now,
    onFree() {},
    onRefused: ({ job }, why) => refused.push(`${job.url}: ${why}`),
    ...options,
  });
  return { limits, clock, refused, [Symbol.dispose]: () => void limits.close() };
}

const request = (url: string, attempt = 1): HostRequest => ({ job: { url, attempt } });

/** Asks for a request to a host, and says what came of it. */
function ask(limits: HostLimits<HostRequest>, url: string, attempt = 1): { said: string; request: HostRequest } {
  const asked = request(url, attempt);
  return { said: limits.ask(asked, true), request: asked };
}

Deno.test("HostLimits isn't needed as long as there are no limits and nothing goes wrong", () => {
  using t = setUp();
  assertEquals(t.limits.isNeeded, false);
  t.limits.end(request("http://a/1"), answered);
  assertEquals(t.limits.isNeeded, false);
  t.limits.end(request("http://a/2"), unreachable);
  assertEquals(t.limits.isNeeded, true);
  t.limits.end(request("http://a/3"), answered);
  assertEquals(t.limits.isNeeded, false, "what went wrong is over");
});

Deno.test("HostLimits lets so many requests through to each host, and the next ones as those end", () => {
  using t = setUp({ perHost: 2 });
  const [a1, a2, a3, b1] = ["http://a/1", "http://a/2", "http://A/3", "http://b/1"].map((url) => ask(t.limits, url));
  assertEquals([a1, a2, a3, b1].map(({ said }) => said), ["go", "go", "wait", "go"]);
  assertEquals([t.limits.waiting, t.limits.next(true)], [1, undefined]);
  t.limits.end(b1.request, answered);
  assertEquals(t.limits.next(true), undefined, "another host's end frees nothing");
  t.limits.end(a1.request, answered);
  assertEquals([t.limits.next(true)?.job.url, t.limits.waiting], ["http://A/3", 0]);
});

Deno.test("HostLimits holds back for a host whose circuit is open only what has no other host to ask", () => {
  using t = setUp({ perHost: FAILURES_TO_OPEN });
  const requests = Array.from({ length: FAILURES_TO_OPEN + 3 }, (_, n): HostRequest => ({
    ...request(`http://a/${n}`),
    hasOther: n !== FAILURES_TO_OPEN + 1,
  }));
  const said = requests.map((each) => t.limits.ask(each, true));
  assertEquals(said.slice(-3), ["wait", "wait", "wait"]);
  for (const each of requests.slice(0, FAILURES_TO_OPEN)) t.limits.end(each, unreachable);
  assertEquals([t.limits.next(true), t.limits.waiting], [undefined, 1]);
  assertEquals(t.refused, [5, 7].map((n) => `http://a/${n}: not tried, because a can't be reached`));
  assertEquals(t.limits.ask({ ...request("http://a/8"), hasOther: true }, true), "refused");
  assertEquals(t.limits.ask(request("http://a/9"), true), "wait");
  t.clock.now += OPEN_MS;
  assertEquals(look(t)?.job.url, "http://a/6", "one finds out whether the host is back");
  assertEquals(t.limits.ask({ ...request("http://b/1"), hasOther: true }, true), "go");
});

Deno.test("HostLimits tells hosts by name and port, and by nothing else in a URL", () => {
  using t = setUp({ perHost: 1 });
  const said = [
    "http://a/",
    "http://u:p@a/2",
    "http://a?x",
    "http://a#x",
    "http://a:81/",
    "http://a.b/",
    "http://[::1]/",
  ]
    .map((url) => ask(t.limits, url).said);
  assertEquals(said, ["go", "wait", "wait", "wait", "go", "go", "go"]);
});

Deno.test("HostLimits keeps those that wait in line, but for retries, which go first", () => {
  using t = setUp({ perHost: 1 });
  const first = ask(t.limits, "http://a/1");
  for (const url of ["http://a/2", "http://a/3"]) ask(t.limits, url);
  ask(t.limits, "http://a/0", 2);
  const order: (string | undefined)[] = [];
  for (let each: HostRequest | undefined = first.request; each; each = t.limits.next(true)) {
    order.push(each.job.url);
    t.limits.end(each, answered);
  }
  assertEquals(order, ["http://a/1", "http://a/0", "http://a/2", "http://a/3"]);
});

Deno.test("HostLimits lets hosts take turns", () => {
  using t = setUp({ perHost: 1 });
  const first = ["a", "b"].map((host) => ask(t.limits, `http://${host}/0`).request);
  for (const host of ["a", "a", "b", "b"]) ask(t.limits, `http://${host}/`);
  for (const each of first) t.limits.end(each, answered);
  const order: string[] = [];
  for (let each = t.limits.next(true); each; each = t.limits.next(true)) {
    order.push(each.job.url[7]);
    t.limits.end(each, answered);
  }
  assertEquals(order, ["a", "b", "a", "b"]);
});

Deno.test("HostLimits spaces the requests to a host by its rate", () => {
  using t = setUp({ rate: 4 });
  const { clock, limits } = t;
  const started: number[] = [];
  for (let n = 0; n < 3; n++) if (ask(limits, `http://a/${n}`).said === "go") started.push(clock.now);
  assertEquals(ask(limits, "http://b/").said, "go");
  for (let ms = 0; ms < 1_000; ms += 10, clock.now += 10) {
    for (let each = limits.next(true); each; each = limits.next(true)) started.push(clock.now);
    if (ms % 250 === 240) limits.end(request("http://a/"), answered); // looks at the host again, as its timer would
  }
  assertEquals(started.map((at) => at - 1_000_000), [0, 250, 500]);
});

Deno.test("HostLimits leaves a host alone as long as it asked to be", () => {
  using t = setUp();
  const { clock, limits } = t;
  const busy = ask(limits, "http://a/1").request;
  limits.end(busy, { ...answered, isOverload: true, retryAfterMs: 5_000 });
  assertEquals([ask(limits, "http://a/2").said, ask(limits, "http://b/").said], ["wait", "go"]);
  clock.now += 4_999;
  limits.end(request("http://a/x"), answered);
  assertEquals(limits.next(true), undefined);
  clock.now += 1;
  limits.end(request("http://a/x"), answered);
  assertEquals(limits.next(true)?.job.url, "http://a/2");
});

Deno.test("HostLimits halves what an overloaded host is asked at once, and asks more as it answers", () => {
  using t = setUp({ perHost: 8 });
  const { clock, limits } = t;
  let inFlight = Array.from({ length: 8 }, (_, n) => ask(limits, `http://a/${n}`).request);
  for (let n = 0; n < 50; n++) ask(limits, `http://a/more${n}`);
  for (const each of inFlight) limits.end(each, { ...answered, isOverload: true });
  const rounds: number[] = [];
  for (let round = 0; round < 5; round++) {
    clock.now += 10;
    inFlight = [];
    for (let each = limits.next(true); each; each = limits.next(true)) inFlight.push(each);
    rounds.push(inFlight.length);
    for (const each of inFlight) limits.end(each, answered);
  }
  assertEquals(rounds, [4, 4, 5, 6, 7], "all eight said at once that it was too much, and that counts as one time");
});

Deno.test("HostLimits gives the place of a stalled request to other hosts only", () => {
  using t = setUp();
  const slow = ask(t.limits, "http://slow/1").request;
  t.limits.stalled(slow);
  const more = request("http://slow/2");
  assertEquals([t.limits.ask(more, false), t.limits.ask(request("http://other/"), false)], ["wait", "go"]);
  t.limits.end(slow, answered);
  assertEquals(t.limits.next(false)?.job.url, "http://slow/2");
});

Deno.test("HostLimits lets a host with stalled requests be asked where there is room anyway", () => {
  using t = setUp();
  t.limits.stalled(request("http://slow/1"));
  assertEquals(t.limits.ask(request("http://slow/2"), true), "go");
});

/** Which of these hosts, asked in this order, may have one more request now. */
const goesTo = (limits: HostLimits<HostRequest>, hosts: string[]) =>
  hosts.map((host, n) => ask(limits, `http://${host}/${n}`)).filter(({ said }) => said === "go").map(({ request }) =>
    request
  );

Deno.test("HostLimits gives hosts that have never answered half of the places together, and then one each", () => {
  using t = setUp({ perHost: 4, places: 8 });
  const silent = goesTo(t.limits, ["x", "x", "x", "y", "y", "y", "z", "z"]);
  assertEquals(silent.map(({ job }) => job.url[7]), ["x", "x", "x", "y", "z"], "four are half; z has one all the same");
});

Deno.test("HostLimits gives hosts that have answered all places, whatever silent ones hold", () => {
  using t = setUp({ perHost: 4, places: 8 });
  const [first] = goesTo(t.limits, ["good", "good"]);
  goesTo(t.limits, ["x", "x", "x", "x"]);
  t.limits.end(first, answered);
  const more = goesTo(t.limits, ["good", "good", "good", "good", "x"]);
  assertEquals(more.map(({ job }) => job.url.slice(0, 11)), ["http://good", "http://good", "http://good"]);
});

Deno.test("HostLimits starts what waits for a host that has never answered as soon as it answers", () => {
  using t = setUp({ perHost: 4, places: 4 });
  const [first] = goesTo(t.limits, ["a", "a", "a", "a"]);
  assertEquals([t.limits.waiting, t.limits.next(true)], [2, undefined]);
  t.limits.end(first, answered);
  assertEquals([t.limits.next(true)?.job.url, t.limits.next(true)?.job.url], ["http://a/2", "http://a/3"]);
});

Deno.test("HostLimits lets silent hosts take turns at their half of the places as requests end", () => {
  using t = setUp({ perHost: 4, places: 4 });
  const silent = goesTo(t.limits, ["x", "x", "y", "y", "z", "z"]);
  assertEquals(silent.map(({ job }) => job.url), ["http://x/0", "http://x/1", "http://y/2", "http://z/4"]);
  const order: (string | undefined)[] = [];
  for (const each of silent) {
    t.limits.end(each, { ...unreachable, as: "unknown" });
    order.push(t.limits.next(true)?.job.url);
  }
  assertEquals(order, [undefined, undefined, "http://y/3", "http://z/5"], "two others are in flight until then");
});

Deno.test("HostLimits doesn't count stalled requests among those of hosts that have never answered", () => {
  using t = setUp({ perHost: 4, places: 4 });
  const silent = goesTo(t.limits, ["x", "x"]);
  assertEquals(goesTo(t.limits, ["y", "y"]).length, 1);
  for (const each of silent) t.limits.stalled(each);
  assertEquals(t.limits.next(true)?.job.url, "http://y/1");
  for (const each of silent) t.limits.end(each, unreachable);
  assertEquals(goesTo(t.limits, ["z", "z"]).length, 1, "what has ended isn't counted twice");
});

/** Has so many requests to a host not reach it. */
function fail({ limits }: ReturnType<typeof setUp>, host: string, count: number): void {
  for (let n = 0; n < count; n++) limits.end(ask(limits, `http://${host}/failed${n}`).request, unreachable);
}

/** Looks at a host again, as its timer would. */
function look({ limits }: ReturnType<typeof setUp>): HostRequest | undefined {
  limits.end(request("http://a/x"), { ...unreachable, as: "unknown" });
  return limits.next(true);
}

Deno.test("HostLimits has downloads wait for a host that couldn't be reached some times in a row", () => {
  using t = setUp();
  fail(t, "a", FAILURES_TO_OPEN - 1);
  assertEquals(ask(t.limits, "http://a/1").said, "go");
  fail(t, "a", 1);
  assertEquals([ask(t.limits, "http://a/2").said, ask(t.limits, "http://b/1").said], ["wait", "go"]);
});

Deno.test("HostLimits has nobody wait for a host that answers in between", () => {
  using t = setUp();
  for (let n = 0; n < 5; n++) {
    fail(t, "a", FAILURES_TO_OPEN - 1);
    t.limits.end(ask(t.limits, "http://a/").request, answered);
  }
  assertEquals(ask(t.limits, "http://a/").said, "go");
});

Deno.test("HostLimits asks a silent host one request at a time, ever more seldom, every third time by what failed last", () => {
  using t = setUp();
  const { limits, clock } = t;
  fail(t, "a", FAILURES_TO_OPEN);
  ask(limits, "http://a/0", 2);
  for (let n = 1; n < 9; n++) ask(limits, `http://a/${n}`);
  const probes: [ms: number, url: string][] = [];
  const begin = clock.now;
  for (; clock.now - begin < 15_000; clock.now += 250) {
    const probe = look(t);
    if (!probe) continue;
    probes.push([clock.now - begin, probe.job.url]);
    assertEquals(limits.next(true), undefined);
    limits.end(probe, unreachable);
  }
  assertEquals(probes, [[500, "http://a/1"], [1_500, "http://a/2"], [3_500, "http://a/0"], [7_500, "http://a/3"]]);
});

Deno.test("HostLimits doesn't take what was under way when a host fell silent for probes", () => {
  using t = setUp();
  const underWay = Array.from({ length: 50 }, (_, n) => ask(t.limits, `http://a/${n}`).request);
  for (const each of underWay) t.limits.end(each, unreachable);
  ask(t.limits, "http://a/last");
  t.clock.now += 500;
  assertEquals([look(t)?.job.url, t.refused], ["http://a/last", []]);
});

Deno.test("HostLimits lets all go that waited for a silent host when it answers again", () => {
  using t = setUp();
  fail(t, "a", FAILURES_TO_OPEN);
  for (let n = 1; n < 5; n++) ask(t.limits, `http://a/${n}`);
  t.clock.now += 500;
  const probe = look(t);
  if (probe) t.limits.end(probe, answered);
  const freed: HostRequest[] = [];
  for (let each = t.limits.next(true); each; each = t.limits.next(true)) freed.push(each);
  assertEquals([freed.length, t.refused], [3, []]);
});

Deno.test("HostLimits refuses what waits for a host that is down and what comes later, and asks it now and then", () => {
  using t = setUp({ retryMaxTimeMs: 5 * 60_000 });
  fail(t, "a", FAILURES_TO_OPEN);
  for (let n = 0; n < 5 + 2; n++) ask(t.limits, `http://a/${n}`);
  for (let n = 0; n < 5; n++) {
    assertEquals(t.refused, []);
    t.clock.now += 60_000;
    const probe = look(t);
    if (probe) t.limits.end(probe, unreachable);
  }
  assertEquals(t.limits.next(true), undefined);
  const [first] = t.refused;
  assertEquals([t.refused.length, first], [2, "http://a/5: not tried, because a can't be reached"]);
  assertEquals(ask(t.limits, "http://a/later").said, "refused");
  t.clock.now += 60_000;
  const probe = ask(t.limits, "http://a/probe");
  assertEquals([probe.said, ask(t.limits, "http://a/meanwhile").said], ["go", "refused"]);
  t.limits.end(probe.request, answered);
  assertEquals(ask(t.limits, "http://a/at last").said, "go");
});

Deno.test("HostLimits refuses at once what is for a host that isn't there", () => {
  using t = setUp();
  t.limits.end(ask(t.limits, "http://nowhere/1").request, { ...unreachable, isNowhere: true });
  assertEquals(ask(t.limits, "http://nowhere/2").said, "refused");
});

Deno.test("HostLimits forgets hosts rather than keep more than it may", () => {
  using t = setUp({ rate: 0.001 });
  for (let n = 0; n < MAX_REMEMBERED_ORIGINS; n++) t.limits.end(ask(t.limits, `http://h${n}/`).request, answered);
  assertEquals(ask(t.limits, "http://h0/").said, "wait");
  for (let n = 0; n < MAX_REMEMBERED_ORIGINS; n++) t.limits.end(ask(t.limits, `http://g${n}/`).request, answered);
  assertEquals(ask(t.limits, "http://h1/").said, "go", "it was forgotten, and so was when it may be asked");
  assertEquals(t.limits.waiting, 1, "a host that something waits for isn't forgotten");
});

Deno.test("close() gives back what has waited, and lets nothing through", () => {
  using t = setUp({ perHost: 1 });
  for (const url of ["http://a/1", "http://a/2", "http://b/1", "http://b/2"]) ask(t.limits, url);
  assertEquals(t.limits.close().map(({ job }) => job.url), ["http://a/2", "http://b/2"]);
  assertEquals([t.limits.waiting, t.limits.next(true)], [0, undefined]);
});

/** What a server that allows some requests in each second lets through. */
type Allows = (now: number) => boolean;

const inWindows = (limit: number): Allows => {
  let [window, used] = [-1, 0];
  return (now) => {
    const second = Math.floor((now + 300) / 1_000);
    if (second !== window) [window, used] = [second, 0];
    return ++used <= limit;
  };
};

const inAnySecond = (limit: number): Allows => {
  const times: number[] = [];
  return (now) => {
    while (times.length > 0 && now - times[0] >= 1_000) times.shift();
    if (times.length >= limit) return false;
    times.push(now);
    return true;
  };
};

const fromBucket = (limit: number, size: number): Allows => {
  let [tokens, at] = [size, 0];
  return (now) => {
    tokens = Math.min(size, tokens + (now - at) * limit / 1_000);
    at = now;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
};

/** Has so many URLs asked for by a clock of its own, each again 250 ms after it was refused. */
function run(count: number, allows: Allows, latencyMs = 5): { requests: number; ms: number; spent: number } {
  using t = setUp({ perHost: 32 });
  const { limits, clock } = t;
  const begin = clock.now;
  const later = new Map<number, (() => void)[]>();
  const after = (ms: number, what: () => void) => {
    const at = clock.now + ms;
    later.set(at, [...later.get(at) ?? [], what]);
  };
  let [requests, done, spent] = [0, 0, 0];
  const start = (request: HostRequest) => {
    requests++;
    const isGood = allows(clock.now - begin);
    after(latencyMs, () => {
      const isHosts = limits.end(request, { ...answered, isOverload: !isGood });
      if (isGood) return void done++;
      if (!isHosts) spent++;
      after(250, () => offer({ job: { url: request.job.url, attempt: 2 } }));
    });
  };
  const offer = (request: HostRequest) => void (limits.ask(request, true) === "go" && start(request));
  for (let n = 0; n < count; n++) offer(request(`http://a/${n}`));
  for (; done < count && clock.now - begin < 600_000; clock.now++) {
    for (const what of later.get(clock.now) ?? []) what();
    limits.end(request("http://a/x"), { ...unreachable, as: "unknown" }); // looks at the host, as its timer would
    for (let each = limits.next(true); each; each = limits.next(true)) start(each);
  }
  return { requests, ms: clock.now - begin, spent };
}

for (
  const [what, allows] of [
    ["20 in each second", inWindows(20)],
    ["20 in any second", inAnySecond(20)],
    ["20 per second from a bucket of 20", fromBucket(20, 20)],
  ] as const
) {
  Deno.test(`HostLimits gets 300 answers from a host that allows ${what}, in 18 s and with 360 requests at most`, () => {
    const { requests, ms, spent } = run(300, allows);
    assert(ms <= 18_000, `${ms} ms`);
    assert(requests <= 360, `${requests} requests`);
    assert(spent <= 28, `${spent} of the refusals took up a retry`);
  });
}

for (
  const [what, allows, count, best] of [
    ["5 in each second", inWindows(5), 100, 19_000],
    ["5 in any second", inAnySecond(5), 100, 19_000],
    ["100 in each second", inWindows(100), 1_000, 9_000],
    ["100 in any second", inAnySecond(100), 1_000, 9_000],
    ["20 per second after a burst of 100", fromBucket(20, 100), 300, 10_000],
    ["1 in each second", inWindows(1), 30, 29_000],
  ] as const
) {
  Deno.test(`HostLimits gets ${count} answers from a host that allows ${what}, and hardly later than is possible`, () => {
    const { requests, ms } = run(count, allows);
    assert(ms <= 1.35 * best + 1_000, `${ms} ms`);
    assert(requests <= 1.6 * count + 40, `${requests} requests`);
  });
}

Deno.test("HostLimits doesn't slow a host that refuses nothing, and hardly one that refuses a request in a hundred", () => {
  const free = run(2_000, () => true, 20);
  assertEquals(free, { requests: 2_000, ms: 63 * 20 + 1, spent: 0 });
  let n = 0;
  const { ms } = run(2_000, () => ++n % 100 !== 0, 20);
  assert(ms < 1.3 * free.ms + 250, `${ms} against ${free.ms} ms`);
});

Deno.test("HostLimits has a URL that alone is refused take up its retries", () => {
  using t = setUp({ perHost: 8 });
  const bad = request("http://a/bad");
  for (let n = 0; n < 20; n++) {
    const good = ask(t.limits, `http://a/${n}`).request;
    t.limits.ask(bad, true);
    t.limits.end(good, answered);
    assertEquals(t.limits.end(bad, { ...answered, isOverload: true }), false);
    t.clock.now += 1_000;
  }
});

Deno.test("HostLimits takes gateway errors for an overload when they come in a row", () => {
  using t = setUp({ perHost: 8 });
  const gateway: Ended = { ...answered, isGatewayError: true };
  const end = (ended: Ended) => t.limits.end(ask(t.limits, "http://a/").request, ended);
  for (let n = 0; n < 20; n++) [gateway, answered].forEach(end);
  assertEquals(Array.from({ length: 8 }, (_, n) => ask(t.limits, `http://a/${n}`).said).includes("wait"), false);
  for (let n = 0; n < 20; n++) end(gateway);
  assertEquals(ask(t.limits, "http://a/last").said, "wait");
});

/** Has a host be away from the start, and says when it was probed, and whether what failed took up retries. */
function outage(awayMs: number, options: Partial<HostLimitsOptions<HostRequest>> = {}) {
  using t = setUp(options);
  const { limits, clock, refused } = t;
  const begin = clock.now;
  fail(t, "a", FAILURES_TO_OPEN);
  for (let n = 0; n < 100; n++) ask(limits, `http://a/${n}`);
  const probes: number[] = [];
  let done = 0;
  for (; clock.now - begin < 200_000 && done + refused.length + probes.length < 100; clock.now += 250) {
    for (let each = look(t); each; each = limits.next(true)) {
      const isAway = clock.now - begin < awayMs;
      if (isAway) probes.push(clock.now - begin);
      else done++;
      assertEquals(limits.end(each, isAway ? unreachable : answered), isAway, "a probe that fails takes up no retry");
    }
  }
  return { probes, done, refused: refused.length };
}

Deno.test("HostLimits waits for a host that is away for 20 s, or nearly two minutes, with one probe every 10 s", () => {
  assertEquals(outage(20_000), { probes: [500, 1_500, 3_500, 7_500, 15_500], done: 95, refused: 0 });
  const { probes, done, refused } = outage(119_000);
  assertEquals([probes.length, done, refused], [15, 85, 0]);
});

Deno.test("HostLimits waits for a host no longer than it is told to", () => {
  const { probes, done, refused } = outage(Infinity, { retryMaxTimeMs: 10_000 });
  assertEquals([probes, done, refused], [[500, 1_500, 3_500, 7_500, 15_500], 0, 95]);
  assertEquals(outage(Infinity).refused, 100 - outage(Infinity).probes.length);
});

Deno.test("HostLimits asks a host that refuses everything with probes, as one that is away", () => {
  using t = setUp({ perHost: 32 });
  const refuse = (request: HostRequest) => t.limits.end(request, { ...answered, isOverload: true });
  for (let n = 0; n < 500; n++) {
    const { said, request } = ask(t.limits, `http://a/${n}`);
    if (said === "go") refuse(request);
  }
  assertEquals([t.limits.waiting > 480, look(t)], [true, undefined]);
  let probes = 0;
  for (let ms = 0; ms < 200_000 && t.refused.length === 0; ms += 250, t.clock.now += 250) {
    const probe = look(t);
    if (!probe) continue;
    probes++;
    assertEquals(t.limits.next(true), undefined);
    assertEquals([refuse(probe), t.refused], [true, []]);
  }
  assertEquals(probes, 16);
  assertEquals(t.refused[0].endsWith("not tried, because a refuses every request"), true, t.refused[0]);
});

Deno.test("HostLimits spreads what a host says that it takes, once more is waiting for it", () => {
  using t = setUp({ perHost: 1 });
  const { clock, limits } = t;
  const first = ask(limits, "http://a/0").request;
  for (let n = 1; n <= 9; n++) ask(limits, `http://a/${n}`);
  clock.now += 10;
  limits.end(first, { ...answered, quota: { remaining: 4, resetMs: 1_000 } });
  const started: number[] = [];
  for (let ms = 0; ms < 1_000; ms += 10, clock.now += 10) {
    for (let each = limits.next(true); each; each = limits.next(true)) {
      started.push(ms);
      limits.end(each, { ...answered, quota: { remaining: 4 - started.length, resetMs: 1_000 - ms } });
    }
    limits.end(request("http://a/x"), { ...answered, as: "unknown" }); // looks at the host again, as its timer would
  }
  assertEquals(started, [0, 250, 500, 750]);
});

Deno.test("HostLimits has no list wait for a quota that is large enough for it", () => {
  using t = setUp({ perHost: 1 });
  const first = ask(t.limits, "http://a/0").request;
  for (let n = 1; n <= 9; n++) ask(t.limits, `http://a/${n}`);
  t.limits.end(first, { ...answered, quota: { remaining: 50, resetMs: 3_600_000 } });
  let count = 0;
  for (let each = t.limits.next(true); each; each = t.limits.next(true)) {
    count++;
    t.limits.end(each, { ...answered, quota: { remaining: 50 - count, resetMs: 3_600_000 } });
  }
  assertEquals([count, ask(t.limits, "http://b/").said], [9, "go"]);
});

Deno.test("HostLimits takes a host for one that says when to come back if its quota is used up", () => {
  using t = setUp();
  const spent = { ...answered, isOverload: true, quota: { remaining: 0, resetMs: 60_000 } };
  for (let n = 0; n < 3 * FAILURES_TO_OPEN; n++) t.limits.end(request(`http://a/${n}`), spent);
  assertEquals([t.limits.census().openCircuits, ask(t.limits, "http://a/x").said], [0, "wait"]);
  t.clock.now += 60_000;
  t.limits.end(request("http://a/y"), { ...answered, as: "unknown" });
  assertEquals(t.limits.next(true)?.job.url, "http://a/x");
});

Deno.test("HostLimits hands a quota over with its partition, and believes no other machine more than the host", () => {
  using from = setUp();
  const asked: HostRequest = { job: { url: "http://a/1", attempt: 1, partition: 3 } };
  from.limits.end(asked, { ...answered, quota: { remaining: 0, resetMs: 60_000, limit: 5 } });
  const states = JSON.parse(JSON.stringify(from.limits.export(3)));
  using to = setUp();
  to.limits.import(3, states);
  assertEquals(ask(to.limits, "http://a/2").said, "wait");
  to.clock.now += 61_000;
  to.limits.end(request("http://a/y"), { ...answered, as: "unknown" });
  assertEquals(to.limits.next(true)?.job.url, "http://a/2");
  for (
    const quota of [null, 3, {}, { left: "0", resetAt: 1, windowMs: 1 }, { left: 0, resetAt: Infinity, windowMs: 1 }]
  ) {
    using other = setUp();
    other.limits.import(3, { "a": { quota } });
    assertEquals(ask(other.limits, "http://a/2").said, "go", JSON.stringify(quota));
  }
});

Deno.test("HostLimits keeps to what holds for single hosts, and to what else there is for the others", () => {
  const hosts = {
    "a": { concurrency: 2 },
    "*.b": { rate: 10 },
    "c:8080": { concurrency: 3 },
    "d:443": { concurrency: 2 },
  };
  using t = setUp({ perHost: 1, hosts });
  const said = (url: string) => ask(t.limits, url).said;
  assertEquals(["http://a/1", "http://a/2", "http://a/3"].map(said), ["go", "go", "wait"]);
  assertEquals(["http://c/1", "http://c/2", "http://c:8080/1", "http://c:8080/2"].map(said), [
    "go",
    "wait",
    "go",
    "go",
  ]);
  assertEquals(["https://d/1", "https://d/2", "http://e/1", "http://e/2"].map(said), ["go", "go", "go", "wait"]);
  const { request: first } = ask(t.limits, "http://x.b/1");
  t.limits.end(first, answered);
  assertEquals(["http://x.b/2", "http://y.b/1"].map(said), ["wait", "go"], "each has its own");
});

Deno.test("HostLimits asks how fast a website may be asked, and goes no faster", () => {
  using t = setUp({ rate: 10, perSecondFor: (url) => url.startsWith("http://a/") ? 0.5 : 100 });
  const { clock, limits } = t;
  assertEquals([ask(limits, "http://a/1").said, ask(limits, "http://b/1").said], ["go", "go"]);
  assertEquals([ask(limits, "http://a/2").said, ask(limits, "http://b/2").said], ["wait", "wait"]);
  clock.now += 100;
  limits.end(request("http://b/x"), { ...answered, as: "unknown" });
  assertEquals(limits.next(true)?.job.url, "http://b/2", "it asks for no more than that");
  clock.now += 1_890;
  limits.end(request("http://a/x"), { ...answered, as: "unknown" });
  assertEquals(limits.next(true), undefined);
  clock.now += 10;
  limits.end(request("http://a/x"), { ...answered, as: "unknown" });
  assertEquals(limits.next(true)?.job.url, "http://a/2");
});
