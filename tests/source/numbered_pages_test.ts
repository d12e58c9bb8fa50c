import { assertEquals, assertThrows } from "@std/assert";
import { numberedPages } from "../../lib/source/numbered_pages.ts";

const bases: [base: string, page: string][] = [
  ["http://127.0.0.1:8000", "http://127.0.0.1:8000/0"],
  ["http://127.0.0.1:8000/", "http://127.0.0.1:8000/0"],
  ["http://a/b", "http://a/b/0"],
  ["http://a/b//", "http://a/b/0"],
  ["http://a/b?delay=5&x=%20", "http://a/b/0?delay=5&x=%20"],
  ["http://a?delay=5#part", "http://a/0?delay=5"],
  ["http://[::1]:80/", "http://[::1]/0"],
  ["http://user:pw@a/", "http://user:pw@a/0"],
  ["https://a:8443/b%2Fc/", "https://a:8443/b%2Fc/0"],
];
for (const [base, page] of bases) {
  Deno.test(`numberedPages() of ${base} begin with ${page}`, () => {
    assertEquals([...numberedPages(base, 1)], [{ url: page, expected: 0 }]);
  });
}

Deno.test("numberedPages() are as many as asked for, each with its number", () => {
  assertEquals([...numberedPages("http://a", 3)], [
    { url: "http://a/0", expected: 0 },
    { url: "http://a/1", expected: 1 },
    { url: "http://a/2", expected: 2 },
  ]);
  assertEquals([...numberedPages("http://a", 0)], []);
});

Deno.test("numberedPages() are made one by one", () => {
  const pages = numberedPages("http://a", Number.MAX_SAFE_INTEGER);
  assertEquals([pages.next().value?.url, pages.next().value?.url], ["http://a/0", "http://a/1"]);
});

Deno.test("numberedPages() refuse what is no URL", () => {
  assertThrows(() => numberedPages("nowhere", 1).next(), TypeError, "nowhere");
});
