import { assertEquals } from "@std/assert";
import { type Representation, select, type Selection } from "../../site/preconditions.ts";

const PAGE: Representation = {
  etag: `"a"`,
  lastModified: "Thu, 01 Jan 2026 00:00:00 GMT",
  length: 10,
  ranges: true,
};
const BEFORE = "Wed, 31 Dec 2025 23:59:59 GMT";
const part = (start: number, end: number): Selection => ({ status: 206, start, end });

const CASES: [headers: Record<string, string>, selection: Selection][] = [
  [{}, { status: 200 }],
  [{ range: "bytes=0-0" }, part(0, 1)],
  [{ range: "bytes=2-" }, part(2, 10)],
  [{ range: "bytes=2-99" }, part(2, 10)],
  [{ range: "bytes=-3" }, part(7, 10)],
  [{ range: "bytes=-99" }, part(0, 10)],
  [{ range: "BYTES=1-2" }, part(1, 3)],
  [{ range: "bytes=-0" }, { status: 416 }],
  [{ range: "bytes=10-" }, { status: 416 }],
  [{ range: "bytes=3-2" }, { status: 200 }],
  [{ range: "bytes=-" }, { status: 200 }],
  [{ range: "bytes=0-1,4-5" }, { status: 200 }],
  [{ range: "lines=0-1" }, { status: 200 }],
  [{ range: "bytes=2-", "if-range": `"a"` }, part(2, 10)],
  [{ range: "bytes=2-", "if-range": `W/"a"` }, { status: 200 }],
  [{ range: "bytes=2-", "if-range": `"b"` }, { status: 200 }],
  [{ range: "bytes=2-", "if-range": PAGE.lastModified }, part(2, 10)],
  [{ range: "bytes=2-", "if-range": BEFORE }, { status: 200 }],
  [{ "if-none-match": `"a"` }, { status: 304 }],
  [{ "if-none-match": `"b", W/"a"` }, { status: 304 }],
  [{ "if-none-match": "*" }, { status: 304 }],
  [{ "if-none-match": `"b"`, "if-modified-since": PAGE.lastModified }, { status: 200 }],
  [{ "if-modified-since": PAGE.lastModified }, { status: 304 }],
  [{ "if-modified-since": BEFORE }, { status: 200 }],
  [{ "if-modified-since": "yesterday" }, { status: 200 }],
  [{ "if-match": `"a"` }, { status: 200 }],
  [{ "if-match": `W/"a"` }, { status: 412 }],
  [{ "if-match": `"b"`, range: "bytes=0-0" }, { status: 412 }],
  [{ "if-unmodified-since": BEFORE }, { status: 412 }],
  [{ "if-unmodified-since": PAGE.lastModified, range: "bytes=0-0" }, part(0, 1)],
  [{ "if-unmodified-since": "yesterday" }, { status: 200 }],
];

for (const [headers, selection] of CASES) {
  Deno.test(`select() answers ${JSON.stringify(headers)} with ${JSON.stringify(selection)}`, () => {
    assertEquals(select(new Headers(headers), PAGE), selection);
  });
}

Deno.test("select() gives no parts of what has none, nor of what is empty", () => {
  const range = new Headers({ range: "bytes=0-0" });
  assertEquals(select(range, { ...PAGE, ranges: false }), { status: 200 });
  assertEquals(select(range, { ...PAGE, length: 0 }), { status: 416 });
});
