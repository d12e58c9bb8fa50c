import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { distinctName, furtherName, nameFromHeader, nameFromList, nameFromUrl } from "../../lib/disk/file_name.ts";
import { isomorphicDecode } from "../../lib/core/isomorphic.ts";

Deno.test.each([
  ["http://a/files/1.bin", "1.bin"],
  ["http://a/files/1.bin?size=5/6#x/y", "1.bin"],
  ["http://a/b%20c%C3%BC.txt", "b cü.txt"],
  ["http://a/caf%65%CC%81", "café"],
  ["http://a/100%.txt", "100%.txt"],
  ["http://a/%ff%fe.bin", "%ff%fe.bin"],
  ["http://a/b/", "index.html"],
  ["http://a/", "index.html"],
  ["http://a", "index.html"],
  ["http://a.com?x=/b", "index.html"],
  ["https://user:pass@a.com", "index.html"],
  ["http://a/b;v=1", "b;v=1"],
  ["http://a/.bashrc", "_bashrc"],
  ["http://a/%2e%2e", "_"],
  ["http://a/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "_.._etc_passwd"],
  ["http://a/..%5c..%5cwindows", "_.._windows"],
])("nameFromUrl() of %s is %s", (url, name) => {
  assertEquals(nameFromUrl(url), name);
});

Deno.test.each([
  ["a.txt", "a.txt"],
  ["a/b.txt", "a/b.txt"],
  ["/etc/passwd", "etc/passwd"],
  ["../../a/./../b.txt", "a/b.txt"],
  ["a//b", "a/b"],
  ["a\\b", "a_b"],
  ["C:\\x", "C_x"],
  ["..", "_"],
  ["/", "_"],
  [".download-stuff/journal", "_download-stuff/journal"],
  ["CON/aux.txt/x", "CON_/aux_.txt/x"],
  ["CONIN$/conout$", "CONIN$_/conout$_"],
  ["conout$.txt", "conout$_.txt"],
  ["console$.txt", "console$.txt"],
])("nameFromList() of %s is %s", (name, path) => {
  assertEquals(nameFromList(name), path);
});

Deno.test.each([
  ['attachment; filename="report.pdf"', "report.pdf"],
  ["attachment; filename=report.pdf", "report.pdf"],
  ["attachment; filename=\"x.txt\"; filename*=UTF-8''%e2%82%ac.txt", "€.txt"],
  ['attachment; filename="../../etc/passwd"', "passwd"],
  ['attachment; filename="C:\\\\windows\\\\a.txt"', "a.txt"],
  ['attachment; filename=".bashrc"', "_bashrc"],
  ['attachment; filename=".."', "_"],
  ['attachment; filename=""', undefined],
  ['attachment; filename="a/"', undefined],
  [`attachment; filename="${isomorphicDecode(new TextEncoder().encode("日本 é.pdf"))}"`, "日本 é.pdf"],
  ['attachment; filename="\xe9.pdf"', "é.pdf"],
  ['attachment; filename="日.pdf"', "日.pdf"],
  ["attachment", undefined],
  ["", undefined],
  [";;=", undefined],
])("nameFromHeader() of %s is %s", async (header, name) => {
  assertEquals(await nameFromHeader(header), name);
});

Deno.test("distinctName() adds an ending that depends on the URL alone, before the extension", () => {
  assertEquals(distinctName("a/b.tar.gz", "http://a/"), "a/b~" + distinctName("b.tar.gz", "http://a/").slice(2));
  assert(/^index~[0-9a-z]{12}\.html$/.test(distinctName("index.html", "http://a/")));
  assert(/^none~[0-9a-z]{12}$/.test(distinctName("none", "http://a/")));
  assertEquals(distinctName("x", "http://a/"), distinctName("x", "http://a/"));
  assertNotEquals(distinctName("x", "http://a/"), distinctName("x", "http://b/"));
});

Deno.test("furtherName() is another for every number, in no folder, and short enough however long the path is", () => {
  const path = Array.from({ length: 9 }, () => "é".repeat(120)).join("/") + ".tar.gz";
  const names = ["index.html", "a/b/index.html", distinctName("index.html", "http://a/"), path].flatMap((name) =>
    [2, 3].map((nth) => furtherName(name, "http://a/", nth))
  );
  assert(names.slice(0, 2).every((name) => /^index~[0-9a-z]{12}\.html$/.test(name)), `${names}`);
  assert(names.slice(2, 4).every((name) => /^a_b_index~[0-9a-z]{12}\.html$/.test(name)), `${names}`);
  assertEquals(names.slice(4, 6), names.slice(0, 2));
  for (const name of names) assertSafe(name, name);
  assert(names[6].endsWith(".tar.gz"));
  assertNotEquals(names[0], names[1]);
});

const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;

function assertSafe(path: string, source: string): void {
  for (const part of path.split("/")) {
    const why = `${JSON.stringify(source)} became ${JSON.stringify(path)}`;
    assert(part !== "" && !part.startsWith("."), why);
    // deno-lint-ignore no-control-regex
    assert(!/[<>:"/\\|?*\x00-\x1f\x7f-\x9f]|[. ]$/.test(part), why);
    assert(!/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(part), why);
    assert(!RESERVED.test(part), why);
    assert(part.isWellFormed(), why);
    assert(part.normalize("NFC") === part, why);
    assert(new TextEncoder().encode(part).length <= 255, why);
  }
}

Deno.test("every name is safe, whatever it is made of", async () => {
  const pieces = [
    ...'./\\:*?"<>|~ %-_;=&#a0\0\x01\x1f\x7f\x85\u202e\u2028\ufeff\ud800\udc00é€ß',
    ..."../,..\\,....,CON,con.txt,AUX.tar.gz,LPT1,COM¹,nul ,NUL., .,. ,.download-stuff,%2e%2e%2f,%00,%,.exe,\r\n".split(
      ",",
    ),
    ..."😀,e\u0301,file:///etc,C:,\\\\host\\share,~/x,$HOME,`id`".split(","),
    "x".repeat(300),
    "é".repeat(200),
    "😀".repeat(100),
    ".tar.gz",
    ` ${".".repeat(300)}`,
  ];
  // A small generator of its own (mulberry32), so that what fails can be run again.
  let seed = 5;
  const random = (below: number) => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % below;
  };
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: 1 + random(6) }, () => pieces[random(pieces.length)]).join("");
    const url = `http://a/b/${text}`;
    const names = [nameFromList(text)];
    if (URL.canParse(url)) names.push(nameFromUrl(url), nameFromUrl(new URL(url).href));
    if (i % 10 === 0) names.push(await nameFromHeader(`attachment; filename="${text}"`) ?? "none");
    for (const name of names) {
      assertSafe(name, text);
      assertSafe(distinctName(name, url), text);
      assert(distinctName(name, url) !== name);
    }
  }
});
