import { assertEquals } from "@std/assert";
import { Watched } from "../../lib/http/watched.ts";
import { WatchList } from "../../lib/http/watch_list.ts";

/** A list of attempts 0 to n-1, and the attempts. */
function listOf(n: number) {
  const list = new WatchList();
  const all = Array.from({ length: n }, (_, id) => new Watched(id, id));
  for (const each of all) list.add(each);
  return { list, all };
}

const ids = (list: WatchList) => Array.from(list, ({ id }) => id);

Deno.test("WatchList keeps attempts in the order in which they came, whichever leave", () => {
  for (const [left, rest] of [[[0], [1, 2, 3]], [[3], [0, 1, 2]], [[1, 2], [0, 3]], [[3, 0, 2, 1], []]] as const) {
    const { list, all } = listOf(4);
    for (const id of left) list.delete(all[id]);
    assertEquals([ids(list), list.size], [[...rest], rest.length]);
  }
});

Deno.test("WatchList takes out once what is taken out twice, also the only one, and takes it back at its end", () => {
  const { list, all } = listOf(2);
  for (const each of [all[0], all[0]]) list.delete(each);
  assertEquals([ids(list), list.size], [[1], 1]);
  for (const each of [all[1], all[1], all[0]]) list.delete(each);
  assertEquals([ids(list), list.size], [[], 0]);
  for (const each of [all[1], all[0]]) list.add(each);
  assertEquals([ids(list), list.size], [[1, 0], 2]);
});

Deno.test("WatchList goes on when the attempt that it has given is taken out", () => {
  const { list } = listOf(5);
  const seen: number[] = [];
  for (const each of list) {
    seen.push(each.id);
    if (each.id % 2 === 0) list.delete(each);
  }
  assertEquals([seen, ids(list)], [[0, 1, 2, 3, 4], [1, 3]]);
});
