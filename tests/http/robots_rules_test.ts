import { assert, assertEquals } from "@std/assert";
import { productOf, readRobots } from "../../lib/http/robots_rules.ts";
import { RETRY_AFTER_MOST_MS } from "../../lib/http/retry_after.ts";

const allows = (text: string, path: string, product = "me") => readRobots(text, product).allows(path);

for (
  const [userAgent, product] of [
    ["download-stuff-with-deno/1.0", "download-stuff-with-deno"],
    ["MyBot", "mybot"],
    [" MyBot/2.0 (+https://a/)", "mybot"],
    ["", ""],
    ["2fast/1", ""],
  ]
) {
  Deno.test(`productOf() finds ${product || "no product"} in ${JSON.stringify(userAgent)}`, () =>
    assertEquals(productOf(userAgent), product));
}

Deno.test("readRobots() looks for the group of the product, whatever the case, and else takes the one for all", () => {
  const text = "User-Agent: *\nDisallow: /\n\nuser-agent: ME/2.0\nDisallow: /a\n";
  assertEquals([allows(text, "/a"), allows(text, "/b"), allows(text, "/b", "you")], [false, true, false]);
  assertEquals([allows(text, "/", ""), allows("", "/a"), allows("User-agent: you\nDisallow: /", "/")], [
    false,
    true,
    true,
  ]);
  assertEquals(allows("User-agent: met\nDisallow: /", "/"), true, "a part of a name is no name");
});

Deno.test("readRobots() puts groups of one product together, and shares one between several", () => {
  const text =
    "User-agent: me\nDisallow: /a\n\nUser-agent: you\nUser-agent: me\nDisallow: /b\nUser-agent: *\nDisallow: /c";
  assertEquals(["/a", "/b", "/c"].map((path) => allows(text, path)), [false, false, true]);
  assertEquals(["/a", "/b", "/c"].map((path) => allows(text, path, "you")), [true, false, true]);
});

Deno.test("readRobots() takes a group without a rule for one that allows all", () => {
  assertEquals(allows("User-agent: *\nDisallow: /\nUser-agent: me\nDisallow:\n", "/a"), true);
  assertEquals(allows("User-agent: *\nDisallow: /\nUser-agent: me\n", "/a"), true);
});

Deno.test("readRobots() isn't confused by other lines, comments, spaces, line ends and a byte order mark", () => {
  const text =
    "\ufeff \tUSER-AGENT : me # us\r\rSitemap: https://a/s.xml\rUser-agent: you\r\n  disallow:  /a  # no\n\0rubbish\n";
  assertEquals([allows(text, "/a"), allows(text, "/a", "you"), allows(text, "/b")], [false, false, true]);
  assertEquals(allows("Disallow: /\nUser-agent: *\nAllow: /", "/"), true, "a rule before any group is for nobody");
  assertEquals(allows("<html>Disallow: /</html>", "/"), true);
});

for (
  const [rules, path, isAllowed] of [
    ["Allow: /p\nDisallow: /", "/page", true],
    ["Disallow: /\nAllow: /p", "/page", true],
    ["Allow: /folder\nDisallow: /folder", "/folder/page", true],
    ["Allow: /page\nDisallow: /*.htm", "/page.htm", false],
    ["Allow: /$\nDisallow: /", "/", true],
    ["Allow: /$\nDisallow: /", "/page.htm", false],
    ["Disallow: /*.gif$", "/a.gif", false],
    ["Disallow: /*.gif$", "/a.gif?b", true],
    ["Disallow: /a$", "/a", false],
    ["Disallow: /a$", "/ab", true],
    ["Disallow: /a*$", "/ab", false],
    ["Disallow: /a*b*c", "/a1b2c3", false],
    ["Disallow: /a*b*c", "/a1c2b3", true],
    ["Disallow: /ab*b$", "/ab", true],
    ["Disallow: *", "/a", false],
    ["Disallow: *.php", "/a.php", false],
    ["Disallow: a", "/a", true],
    ["Disallow: /a?b", "/a?b=1", false],
    ["Disallow: /", "/robots.txt", true],
    ["Disallow: /foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", false],
    ["Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false],
    ["Disallow: /foo/bar/%e3%83%84", "/foo/bar/%E3%83%84", false],
    ["Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false],
    ["Disallow: /foo/bar/baz", "/foo/bar/%62%61%7a", false],
    ["Disallow: /a%2Fb", "/a/b", true],
    ["Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", false],
    ["Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-x.html", true],
    ["Disallow: /path/foo-%24", "/path/foo-$", false],
    ["Disallow: /A", "/a", true],
  ] as const
) {
  Deno.test(`readRobots() with ${JSON.stringify(rules)} ${isAllowed ? "allows" : "doesn't allow"} ${path}`, () =>
    assertEquals(allows(`User-agent: *\n${rules}`, path), isAllowed));
}

Deno.test("readRobots() obeys Crawl-delay up to five minutes, and what is no time not at all", () => {
  const delay = (value: string) => readRobots(`User-agent: *\nCrawl-delay: ${value}`, "me").delayMs;
  assertEquals(["2", "0.5", "0"].map(delay), [2_000, 500, 0]);
  assertEquals(["1e9", "-1", "NaN", "Infinity", "", "0x10", "1;DROP"].map(delay), [0, 0, 0, 0, 0, 0, 0]);
  assertEquals(["301", "9".repeat(400)].map(delay), [RETRY_AFTER_MOST_MS, RETRY_AFTER_MOST_MS]);
  const own = "User-agent: *\nCrawl-delay: 9\nUser-agent: me\nCrawl-delay: 1\nCrawl-delay: 3";
  assertEquals([readRobots(own, "me").delayMs, readRobots(own, "you").delayMs], [3_000, 9_000]);
});

Deno.test("readRobots() isn't slow with patterns that match in many ways", () => {
  const rules = readRobots(
    `User-agent: *\nDisallow: /${"*a".repeat(100_000)}$\nDisallow: /${"*".repeat(100_000)}b`,
    "me",
  );
  const path = `/${"a".repeat(10_000)}`;
  // By trying every way it would take longer than the universe is old
  for (let i = 0; i < 100; i++) assert(rules.allows(path));
});
