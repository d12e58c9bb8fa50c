import { assertEquals } from "@std/assert";
import {
  ConnectionCounter,
  countOpened,
  makeConnectionCounts,
  readConnectionCounts,
} from "../../lib/core/connection_counts.ts";

Deno.test("readConnectionCounts() adds up what isolates count, as it is when they are disposed of at the latest", () => {
  const counts = makeConnectionCounts();
  assertEquals(readConnectionCounts(counts), { busy: 0, idle: 0 });
  const here = { busy: 2, idle: 1 };
  using first = new ConnectionCounter(counts, () => here);
  using _second = new ConnectionCounter(counts, () => ({ busy: 3, idle: 5 }));
  assertEquals(readConnectionCounts(counts), { busy: 5, idle: 6 });
  here.busy = 0;
  first[Symbol.dispose]();
  assertEquals(readConnectionCounts(counts), { busy: 3, idle: 6 });
});

Deno.test("readConnectionCounts() leaves out an isolate that has ended without a word", () => {
  const counts = makeConnectionCounts();
  using counter = new ConnectionCounter(counts, () => ({ busy: 2, idle: 1 }));
  counter[Symbol.dispose]();
  assertEquals(readConnectionCounts(counts, Date.now() + 60_000), { busy: 0, idle: 0 });
});

Deno.test("ConnectionCounter counts a thousand isolates, and does no harm beyond that", () => {
  const counts = makeConnectionCounts();
  for (let n = 0; n < 1_100; n++) new ConnectionCounter(counts, () => ({ busy: 1, idle: 0 }))[Symbol.dispose]();
  assertEquals(readConnectionCounts(counts), { busy: 1_024, idle: 0 });
});

Deno.test("countOpened() counts what all isolates have opened, also what is closed again", () => {
  const counts = makeConnectionCounts();
  const counters = Array.from({ length: 1_100 }, () => new ConnectionCounter(counts, () => ({ busy: 0, idle: 0 })));
  for (const counter of counters) counter.addOpened();
  counters[0].addOpened();
  for (const counter of counters) counter[Symbol.dispose]();
  assertEquals([countOpened(counts), readConnectionCounts(counts)], [1_101, { busy: 0, idle: 0 }]);
});
