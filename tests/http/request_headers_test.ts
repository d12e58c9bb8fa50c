import { assertEquals, assertThrows } from "@std/assert";
import { sentHeaders } from "../../lib/http/request_headers.ts";

const COMMON: [string, string][] = [["accept", "*/*"], ["accept-encoding", "gzip, br"]];

const SENT: Record<string, string>[] = [
  {},
  { zz: "1", "user-agent": "a b/1.0 (c)", aa: "2" },
  { Accept: "text/html" },
  { "accept-encoding": "identity", accept: "x" },
  { x: " trimmed\n" },
  { x: "" },
  { x: "\u00fc" },
];

for (const init of SENT) {
  Deno.test(`sentHeaders() sends ${JSON.stringify(init)} as Headers would, in their order`, () => {
    const expected = new Headers(init);
    for (const [name, value] of COMMON) if (!expected.has(name)) expected.set(name, value);
    assertEquals(sentHeaders(init).fields, [...expected]);
    assertEquals(sentHeaders(init).lines, [...expected].map(([name, value]) => `${name}: ${value}\r\n`).join(""));
  });
}

Deno.test("sentHeaders() takes out what says something about a body or names the host, and asks for no coding of a part", () => {
  const { lines, fields, host } = sentHeaders({ host: "a.example", te: "x", "content-length": "3", range: "bytes=0-" });
  assertEquals(fields, [["accept", "*/*"], ["accept-encoding", "identity"], ["range", "bytes=0-"]]);
  assertEquals(lines, "accept: */*\r\naccept-encoding: identity\r\nrange: bytes=0-\r\n");
  assertEquals(host, "a.example");
});

const REFUSED: Record<string, string>[] = [{ x: "a\r\nb: c" }, { "x: y\r\nz": "1" }, { x: "a\0" }, { x: "\u2028" }];

for (const init of REFUSED) {
  Deno.test(`sentHeaders() refuses ${JSON.stringify(init)}, which can't be sent`, () => {
    assertThrows(() => sentHeaders(init), TypeError);
  });
}
