import { assertEquals } from "@std/assert";
import { DELAY_CHOICES, LANES, limitMs, PAGE_CHOICES, readChoice } from "../../../tasks/race_web/choices.ts";
import { conditions, sayMachine } from "../../../tasks/race_web/page/machine.ts";
import { squares } from "../../../tasks/race_web/page/squares.ts";
import { count, list, sayDelay, sayRoughly } from "../../../tasks/race_web/page/words.ts";

Deno.test("readChoice() takes what is offered, and nothing else", () => {
  assertEquals(readChoice({ pages: 24, delayMs: 500, more: 1 }), { pages: 24, delayMs: 500 });
  const others = [undefined, null, 24, "x", [], {}, { pages: 24 }, { pages: 25, delayMs: 500 }, {
    pages: "24",
    delayMs: 500,
  }];
  for (const given of [...others, { pages: 24, delayMs: "500 --url=http://a.test" }, { pages: [24], delayMs: [500] }]) {
    assertEquals(readChoice(given), undefined, JSON.stringify(given));
  }
});

Deno.test("every lane has a limit, and simple gets through few pages within it at every delay", () => {
  for (const pages of PAGE_CHOICES) {
    for (const delayMs of DELAY_CHOICES) {
      for (const lane of LANES) assertEquals(limitMs(lane, { pages, delayMs }) > 0, true);
      if (pages === 24) assertEquals(limitMs("simple", { pages, delayMs }) >= 2 * pages * delayMs, true);
    }
  }
});

Deno.test("sayRoughly() writes times no finer than they can be known", () => {
  assertEquals([5.92, 47.83, 125, 3_061, 10_051].map(sayRoughly), ["5.9 s", "48 s", "2 min", "51 min", "2 h 48 min"]);
});

Deno.test("count(), list() and sayDelay() make words of numbers", () => {
  assertEquals([count(1, "core"), count(10_000, "page")], ["1 core", "10,000 pages"]);
  assertEquals([list([]), list(["a"]), list(["a", "b"]), list(["a", "b", "c"])], ["", "a", "a and b", "a, b and c"]);
  assertEquals(DELAY_CHOICES.map(sayDelay), ["100 ms", "500 ms", "1 s", "2 s"]);
});

Deno.test("squares() has room for all of them, never wider than the room", () => {
  for (
    const room of [{ width: 665, height: 124 }, { width: 326, height: 124 }, { width: 1_330, height: 248 }, {
      width: 1,
      height: 1,
    }]
  ) {
    const { side, columns, rows, gap } = squares(10_000, room);
    assertEquals(columns * rows >= 10_000, true);
    assertEquals(columns === 1 || columns * side <= room.width, true, JSON.stringify(room));
    assertEquals(side - gap >= 2, true, "a page that failed is 2 pixels wide");
  }
});

Deno.test("the conditions of a race say what was extrapolated, and whether the machine was busy", () => {
  const facts = { asked: 10_000, done: 10, failed: 0, seconds: 10, stopped: true, mostInFlight: 1 };
  const machine = { cores: 2, load: 0.3, deno: "2.9.6" };
  const choice = { pages: 10_000, delayMs: 1_000 } as const;
  const quiet = conditions({ choice, results: { simple: facts, browser: facts }, before: machine, after: machine });
  assertEquals(quiet.includes("simple and this browser were stopped before all 10,000 pages"), true, quiet);
  assertEquals(quiet.includes("share 2 cores"), true, quiet);
  assertEquals(quiet.includes("Others were using it"), false, quiet);
  const busy = conditions({ choice, results: {}, before: { ...machine, load: 3 }, after: machine });
  assertEquals(busy.includes("Others were using it"), true, busy);
  assertEquals(busy.includes("extrapolated"), false, busy);
  assertEquals(sayMachine(machine), "Deno 2.9.6 · 2 cores · load 0.3 in the last minute");
  assertEquals(sayMachine({ cores: 1, deno: "2.9.6" }), "Deno 2.9.6 · 1 core");
});
