import { assertEquals, assertThrows } from "@std/assert";
import type { Download } from "../../lib/core/download.ts";
import { NameTemplate } from "../../lib/core/name_template.ts";
import { nameFromList } from "../../lib/disk/file_name.ts";

async function names(template: string, ...items: (string | Download)[]): Promise<(string | undefined)[]> {
  return (await Array.fromAsync(new NameTemplate(template).named([items]))).flat().map(({ name }) => name);
}

const URL_A = "https://Example.com:8443/a/b%20c/d.tar.gz?x=1&y=2#z";

Deno.test("NameTemplate makes names of what a URL has", async () => {
  assertEquals(await names("{host}/{path}", URL_A), ["example.com:8443/a/b c/d.tar.gz"]);
  assertEquals(await names("{name}-{ext}-{query}", URL_A), ["d.tar.gz-gz-x=1&y=2"]);
  assertEquals(await names("{n}/{n:3}", URL_A, "http://a"), ["1/001", "2/002"]);
  assertEquals(await names("{host:3}{{{ext}}}", URL_A), ["exa{gz}"]);
  assertEquals(await names("{host}/{path}", "http://a", "http://a/b/", "http://a/b"), [
    ...["a/index.html", "a/b/index.html", "a/b"],
  ]);
  assertEquals(await names("{n}.{ext}", "http://a/b"), ["1."]); // which is made safe as any name
});

Deno.test("NameTemplate takes the SHA-256 of the list, or else of the URL as it is sent", async () => {
  const sha256 = "ab".repeat(32);
  assertEquals(await names("{sha256:4}", { url: "http://a/", sha256 }), ["abab"]);
  const [one, same, other] = await names("{sha256}", "http://a/b", "http://a/b#c", "http://a/c");
  assertEquals([one?.length, one === same, one === other], [64, true, false]);
});

Deno.test("NameTemplate takes columns, keeps names, and hands no column on", async () => {
  const template = new NameTemplate("{label}/{n}");
  assertEquals(template.columns, ["label"]);
  const items = [{ url: "http://a/", columns: { label: "../x/y" } }, { url: "http://b/", name: "mine" }];
  const named = (await Array.fromAsync(template.named(items))).flat();
  assertEquals(named, [{ url: "http://a/", name: ".._x_y/1" }, { url: "http://b/", name: "mine" }]);
});

Deno.test("NameTemplate leaves to others what is no URL", async () => {
  assertEquals(await names("{host}", "nonsense", "http://a/"), [undefined, "a"]);
});

Deno.test("NameTemplate leads out of the folder by nothing that a URL or a list says", async () => {
  const urls = [
    ...["http://a/..%2f..%2fetc%2fpasswd", "http://a/%2e%2e%2f%2e%2e%2fb", "http://a/..%5c..%5cb", "http://a/%00/%0a"],
    ...[
      "http://a/.download-stuff/journal",
      "http://a/b//../../c",
      "http://a/CON/aux.txt",
      `http://a/${"x".repeat(999)}`,
    ],
    "http://a/?../../b",
  ];
  for (const template of ["{path}", "{host}/{path}", "{query}", "{name}", "{query}/{name}"]) {
    for (const name of await names(template, ...urls)) {
      const safe = nameFromList(name ?? "");
      // deno-lint-ignore no-control-regex -- those are what must not be there
      const isSafe = safe !== "" && safe.split("/").every((part) => /^[^.\0-\x1f\\/][^\0-\x1f\\/]{0,254}$/.test(part));
      assertEquals(isSafe, true, `${template}: ${safe}`);
    }
  }
});

for (const template of ["", "a", "{host", "host}", "{}", "{a b}", "{n:}", "{{host}}", "{n:1234}"]) {
  Deno.test(`NameTemplate refuses ${template || "an empty one"}`, () => {
    assertThrows(() => new NameTemplate(template), TypeError, "a template");
  });
}
