import { assertEquals, assertThrows } from "@std/assert";
import { targetOf } from "../../lib/http/target.ts";

const asUrl = (url: string) => {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
};

for (
  const url of [
    "http://a/",
    "http://a:8000/b/c.d?e=f&g",
    "https://[::1]:8443/x",
    "http://a",
    "http://a?q/r",
    "http://a#f/r",
    "http://a\\b/c",
    "http://a\\@b/c",
    "http://user:secret@a/b",
    "http://a\t/b",
    "http://a/b#c",
    "http://a/b/../c",
    "http://a/b/%2e%2E/c",
    "http://a/./b",
    "http://a/b\\..\\c",
    "http://a/ä b",
    "http://ä/b",
    "http://a/b?ä=\"<>'",
    "http://a/b\nc",
    "http:/a/b",
    "http:a/b",
    "http:///a/b",
    "http://%61/b",
    "http://0x7f.1/b",
  ]
) {
  Deno.test(`targetOf() takes ${JSON.stringify(url)} apart as the URL standard does`, () => {
    const { origin, path } = targetOf(url);
    assertEquals({ origin: new URL(origin).origin, path }, asUrl(url));
  });
}

Deno.test("targetOf() refuses what isn't a URL of the web", () => {
  for (const url of ["", "/a", "a", "file:///etc/passwd", "ftp://a/b", "data:,a"]) {
    assertThrows(() => targetOf(url), TypeError);
  }
});
