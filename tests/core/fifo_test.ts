import { assertEquals } from "@std/assert";
import { Fifo } from "../../lib/core/fifo.ts";

Deno.test("Fifo gives back what it was given, in that order, whatever comes in between", () => {
  const line = new Fifo<number>();
  const out: (number | undefined)[] = [];
  let next = 0;
  for (let round = 0; round < 200; round++) {
    for (let n = 0; n < 40; n++) line.push(next++);
    for (let n = 0; n < 30; n++) out.push(line.shift());
    assertEquals(line.length, (round + 1) * 10);
  }
  out.push(...line.takeAll());
  assertEquals(out, Array.from({ length: next }, (_, n) => n));
  assertEquals([line.length, line.shift(), line.takeAll()], [0, undefined, []]);
});
