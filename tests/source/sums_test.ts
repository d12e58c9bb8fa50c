import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/core/errors.ts";
import type { Download } from "../../lib/core/download.ts";
import { Sums } from "../../lib/source/sums.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

/** The digests that downloads get by a checksum file, and what is said at the end. */
async function given(text: string, ...items: (string | Download)[]) {
  const said: string[] = [];
  const all = (await Array.fromAsync(new Sums("SUMS", text).checked([items], (line) => said.push(line)))).flat();
  return [all.map(({ digests }) => digests), said];
}

Deno.test("Sums reads the forms of GNU and of BSD, with comments, signatures and escapes", async () => {
  const text = [
    ...[
      "-----BEGIN PGP SIGNED MESSAGE-----",
      "Hash: SHA512",
      "",
      "# comment",
      `${A}  one.bin`,
      `${B.toUpperCase()} *./two.bin`,
    ],
    ...[
      `SHA256 (three.bin) = ${A}`,
      `MD5(four.bin)= ${"c".repeat(32)}`,
      `\\${A}  a\\\\b\\nc`,
      `${"d".repeat(128)}  one.bin`,
    ],
    ...["-----BEGIN PGP SIGNATURE-----", "iQIzBAEBCgAdFiEE", ""],
  ].join("\r\n");
  const urls = ["one", "two", "three", "four", "five"].map((name) => `http://a/x/${name}.bin?q`);
  assertEquals(await given(text, ...urls, { url: "http://a/", name: "a\\b\nc" }), [
    [
      { sha256: [A], sha512: ["d".repeat(128)] },
      { sha256: [B] },
      { sha256: [A] },
      { md5: ["c".repeat(32)] },
      undefined,
      {
        sha256: [A],
      },
    ],
    ["there is 1 download that SUMS has no checksum for, and that it didn't check"],
  ]);
});

Deno.test("Sums goes by the list's name, or the URL's path, with as many folders as it names", async () => {
  const text = `${A}  x/a.txt\n${B}  a.txt\n`;
  const [digests] = await given(text, "http://h/y/x/a%2Etxt", "http://h/z/a.txt", {
    url: "http://h/",
    name: "x/a.txt",
  });
  assertEquals(digests, [{ sha256: [A] }, { sha256: [B] }, { sha256: [A] }]);
});

Deno.test("Sums takes nothing for a checksum that is none, and contradictions for what nothing can be", async () => {
  const wrong = [
    "",
    "# none\n",
    `${A} a.txt`,
    `${A.slice(1)}  a.txt`,
    `SHA256 (a) = ${A.slice(1)}`,
    "<html>",
    `  ${A}  a`,
  ];
  for (const text of wrong) assertThrows(() => new Sums("SUMS", text), UsageError, "SUMS");
  assertEquals((await given(`${A}  a\n${B}  a`, "http://h/a"))[0], [{ sha256: [] }]);
});
