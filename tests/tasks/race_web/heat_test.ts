import { assert, assertEquals } from "@std/assert";
import { heat } from "../../../tasks/race_web/heat.ts";
import { testNeeding } from "../../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");
const NEVER = new AbortController().signal;
const CHOICE = { pages: 24, delayMs: 100 } as const;

test("heat() runs a strategy alone, and tells of each of its requests", async () => {
  const events = await Array.fromAsync(heat("download", CHOICE, { signal: NEVER }));
  assertEquals(events.filter(({ type }) => type !== "progress").map(({ type }) => type), ["heat", "started", "ended"]);
  const last = events.at(-1);
  assert(last?.type === "ended");
  const { facts, spans } = last;
  assertEquals([facts.asked, facts.done, facts.failed, facts.stopped], [24, 24, 0, false]);
  assertEquals([facts.connections, facts.isolates, facts.mostInFlight], [1, 1, 24]);
  assertEquals(spans.map(([, , , page]) => page).sort((a, b) => a - b), Array.from({ length: 24 }, (_, page) => page));
  for (const [startMs, endMs, ending] of spans) {
    assertEquals(ending, 0);
    assert(startMs >= 0 && endMs - startMs >= CHOICE.delayMs - 1, "no answer comes before the website's delay");
  }
});

test("heat() counts the isolates of threaded, without the one that starts them", async () => {
  const last = (await Array.fromAsync(heat("threaded", CHOICE, { signal: NEVER }))).at(-1);
  assert(last?.type === "ended");
  const { isolates = 0, mostInFlight } = last.facts;
  // Where starting one takes longer than a page, the first are idle again by then
  assert(isolates >= mostInFlight && isolates <= CHOICE.pages, `${isolates} isolates, ${mostInFlight} in flight`);
  assert(mostInFlight >= 2);
});

test("heat() tells of requests as they end where it is live, and ends when it is aborted", async () => {
  const aborter = new AbortController();
  const seen: number[] = [];
  for await (const event of heat("simple", CHOICE, { signal: aborter.signal, live: true })) {
    assert(event.type !== "ended", "it was aborted before");
    if (event.type !== "progress") continue;
    seen.push(...event.spans?.map(([, , , page]) => page) ?? []);
    if (seen.length >= 2) aborter.abort();
  }
  assertEquals(seen.slice(0, 2), [0, 1]);
});
