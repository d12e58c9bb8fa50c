import { assertEquals } from "@std/assert";
import { pagesPerSecond, timesFaster } from "../../lib/metrics/speed.ts";

Deno.test("pagesPerSecond() counts what was downloaded", () => {
  assertEquals(pagesPerSecond({ done: 30, seconds: 1.5 }), 20);
  assertEquals(pagesPerSecond({ done: 0, seconds: 0 }), 0);
});

Deno.test("timesFaster() compares pages per second with those of simple, wherever it stands", () => {
  const async = { strategy: "async", done: 100, seconds: 1 };
  const simple = { strategy: "simple", done: 10, seconds: 10 };
  assertEquals(timesFaster([async, simple]), [100, 1]);
  assertEquals(timesFaster([async]), [undefined]);
  assertEquals(timesFaster([async, { ...simple, done: 0 }]), [undefined, undefined]);
});
