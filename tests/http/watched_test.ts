import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Watched } from "../../lib/http/watched.ts";

Deno.test("Watched has a signal for those who need one, whether asked for before it is aborted or after", () => {
  const [before, after] = [new Watched(0, 0), new Watched(1, 0)];
  const { signal } = before;
  assertEquals(signal.aborted, false);
  assertStrictEquals(before.signal, signal);
  for (const each of [before, after]) each.abort("enough");
  assertEquals([signal.aborted, signal.reason], [true, "enough"]);
  assertEquals([after.signal.aborted, after.signal.reason], [true, "enough"]);
});

Deno.test("Watched is aborted once, with the first reason, and ends what it ends once", () => {
  const watched = new Watched(0, 0);
  const called: unknown[] = [];
  watched.ends = {
    abort(reason) {
      assert(watched.aborted, "what it ends sees it aborted");
      called.push(reason);
    },
  };
  watched.abort("first");
  watched.abort("second");
  assertEquals([watched.aborted, watched.reason, called], [true, "first", ["first"]]);
});

Deno.test("Watched doesn't end what was taken back", () => {
  const watched = new Watched(0, 0);
  watched.ends = { abort: () => assert(false, "there is nothing left to end") };
  watched.ends = undefined;
  watched.abort("enough");
});
