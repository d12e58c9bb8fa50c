import { assertEquals } from "@std/assert";
import { acceptAll } from "../../site/accept.ts";

Deno.test("acceptAll() goes on after an accept that failed, and ends when it is told to", async () => {
  const taken: number[] = [];
  const troubles: string[] = [];
  let next = 0;
  let isClosed = false;
  const accept = () => {
    next++;
    if (next === 2) return Promise.reject(new Error("too many open files"));
    if (next === 4) isClosed = true;
    return next === 4 ? Promise.reject(new Error("closed")) : Promise.resolve(next);
  };
  await acceptAll({ accept }, {
    take: (connection) => taken.push(connection),
    isClosed: () => isClosed,
    onTrouble: (error) => troubles.push((error as Error).message),
  });
  assertEquals([taken, troubles], [[1, 3], ["too many open files"]]);
});
