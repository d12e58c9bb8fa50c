import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Download } from "../../lib/core/download.ts";
import { UsageError } from "../../lib/core/errors.ts";
import { type BadLine, readUrlList, type UrlListOptions } from "../../lib/source/url_list.ts";
import { Seeded } from "../../tasks/seeded.ts";
import { testNeeding } from "../helpers/needs.ts";
import {
  dictionaryPages,
  element,
  joined,
  parquet,
  plain,
  plainPage,
  runs,
  type Thrift,
  type WrittenColumn,
  type WrittenFile,
  type WrittenPage,
} from "../helpers/parquet.ts";

const test = await testNeeding("read", "write");

const urls = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `http://a/${from + n}`);

/** A file of one row group with these columns of texts. */
function tableOf(columns: Record<string, (string | null)[]>): WrittenFile {
  const entries = Object.entries(columns);
  return {
    schema: entries.map(([name]) => element(name)),
    groups: [{
      rows: entries[0][1].length,
      columns: entries.map(([name, texts]) => ({ name, pages: [plainPage(texts)] })),
    }],
  };
}

/** A file of one column `url`, in row groups. */
function listOf(...groups: { rows: number | bigint; column: Partial<WrittenColumn> }[]): Uint8Array<ArrayBuffer> {
  return parquet({
    schema: [element("url")],
    groups: groups.map(({ rows, column }) => ({ rows, columns: [{ name: "url", pages: [], ...column }] })),
  });
}

async function inFile<T>(bytes: Uint8Array, work: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  try {
    await Deno.writeFile(path, bytes);
    return await work(path);
  } finally {
    await Deno.remove(path);
  }
}

async function read(bytes: Uint8Array, options: Partial<UrlListOptions> = {}) {
  const bad: BadLine[] = [];
  const downloads: Download[] = [];
  await inFile(bytes, async (path) => {
    const all = { onBadLine: (line: BadLine) => bad.push(line), ...options };
    for await (const batch of readUrlList(path, all)) downloads.push(...batch);
  });
  return { downloads, bad };
}

test("readUrlList() reads Parquet, and of all columns those that say something", async () => {
  const sha256 = "0123456789abcdef".repeat(4);
  const bytes = parquet(tableOf({
    caption: ["a", "b", "c"],
    URL: ["http://a/1", "http://a/2", "http://a/3"],
    name: ["one.txt", null, ""],
    sha256: [null, sha256, null],
    headers: [null, null, '{"x":"1"}'],
  }));
  assertEquals(await read(bytes), {
    downloads: [
      { url: "http://a/1", name: "one.txt" },
      { url: "http://a/2", sha256 },
      { url: "http://a/3", headers: { x: "1" } },
    ],
    bad: [],
  });
});

test("readUrlList() reads the columns that it is told to", async () => {
  const bytes = parquet({
    schema: [element("url"), element("image"), element("key", { type: 2 }), element("hash"), element("n", { type: 1 })],
    groups: [{
      rows: 2,
      columns: [
        { name: "url", pages: [plainPage(["http://page/1", "http://page/2"])] },
        { name: "image", pages: [plainPage(["http://a/1", "http://a/2"])] },
        { name: "key", type: 2, pages: [numbersPage(8, [7, 2 ** 40])] },
        { name: "hash", pages: [plainPage(["0".repeat(32), null])] },
        { name: "n", type: 1, pages: [numbersPage(4, [-5, 6])] },
      ],
    }],
  });
  const fields = { url: "image", name: "key", md5: "hash" };
  assertEquals((await read(bytes, { fields })).downloads, [
    { url: "http://a/1", name: "7", digests: { md5: ["0".repeat(32)] } },
    { url: "http://a/2", name: String(2 ** 40) },
  ]);
  assertEquals((await read(bytes, { fields: { url: "IMAGE" }, columns: ["n"] })).downloads, [
    { url: "http://a/1", columns: { n: "-5" } },
    { url: "http://a/2", columns: { n: "6" } },
  ]);
});

/** A page of numbers, none of which is missing. */
function numbersPage(width: 4 | 8, values: number[]): WrittenPage {
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    if (width === 4) view.setInt32(i * 4, value, true);
    else view.setBigInt64(i * 8, BigInt(value), true);
  }
  return { ...plainPage(values.map(String)), ...page(joined(runs(values.map(() => 1)), bytes), values.length, 0) };
}

/** A page of version 1. */
function page(bytes: Uint8Array, count: number, encoding: number): WrittenPage {
  const about: Thrift = { struct: { 1: { i32: count }, 2: { i32: encoding }, 3: { i32: 3 }, 4: { i32: 3 } } };
  return { header: { 1: { i32: 0 }, 5: about }, bytes, unpacked: bytes, claims: bytes.length };
}

/** Delta-encoded lengths, all the same: after the first, one block without bits. */
const lengths = (count: number, length: number) =>
  joined(varints(128, 4, count, length * 2), count > 1 ? [0, 0, 0, 0, 0] : []);

function varints(...values: number[]): number[] {
  return values.flatMap((value) => {
    const bytes = [];
    for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
    return [...bytes, value];
  });
}

const some = urls(3);
const ten = ["http://a/00", "http://a/01", "http://a/02"];

for (
  const [what, bytes, expected] of [
    [
      "several pages, with values that are missing",
      listOf({ rows: 5, column: { pages: [plainPage(some), plainPage([null, some[0]])] } }),
      [...some, some[0]],
    ],
    ["a dictionary", listOf({ rows: 4, column: { pages: dictionaryPages(some, [2, 2, 0, 1]) } }), [
      some[2],
      some[2],
      some[0],
      some[1],
    ]],
    [
      "a dictionary without an offset",
      listOf({
        rows: 2,
        column: { pages: dictionaryPages(some, [1, 0]), change: (meta) => (meta[9] = meta[11], meta[11] = undefined) },
      }),
      [some[1], some[0]],
    ],
    [
      "a dictionary with an offset of 0",
      listOf({
        rows: 2,
        column: { pages: [plainPage(some.slice(1))], change: (meta) => void (meta[11] = { i64: 0 }) },
      }),
      some.slice(1),
    ],
    [
      "several row groups, one of them empty",
      listOf({ rows: 3, column: { pages: [plainPage(some)] } }, { rows: 0, column: {} }, {
        rows: 1,
        column: { pages: [plainPage([some[1]])] },
      }),
      [...some, some[1]],
    ],
    [
      "an index between pages",
      listOf({
        rows: 3,
        column: {
          pages: [plainPage(some.slice(0, 1)), {
            header: { 1: { i32: 1 }, 6: { struct: {} } },
            bytes: new Uint8Array(9),
          }, plainPage(some.slice(1))],
        },
      }),
      some,
    ],
    ["gzip", listOf({ rows: 3, column: { codec: 2, pages: [plainPage(some, { pack: gzipSync })] } }), some],
    ["Brotli", listOf({ rows: 3, column: { codec: 4, pages: [plainPage(some, { pack: brotliCompressSync })] } }), some],
    [
      "Zstandard",
      listOf({ rows: 3, column: { codec: 6, pages: [plainPage(some, { pack: zstdCompressSync })] } }),
      some,
    ],
    ["Snappy", listOf({ rows: 3, column: { codec: 1, pages: [plainPage(some, { pack: snappy })] } }), some],
    ["LZ4", listOf({ rows: 3, column: { codec: 7, pages: [plainPage(some, { pack: lz4 })] } }), some],
    [
      "lengths before texts",
      listOf({
        rows: 3,
        column: {
          pages: [page(joined(runs([1, 1, 1]), lengths(3, 11), new TextEncoder().encode(ten.join(""))), 3, 6)],
        },
      }),
      ten,
    ],
    [
      "prefixes of texts",
      listOf({
        rows: 1,
        column: {
          pages: [page(joined(runs([1]), lengths(1, 0), lengths(1, 11), new TextEncoder().encode(ten[0])), 1, 7)],
        },
      }),
      [ten[0]],
    ],
    [
      "pages of version 2 of which all is missing",
      listOf({
        rows: 4,
        column: { codec: 6, pages: [secondVersion([null, null, null]), secondVersion(some.slice(0, 1))] },
      }),
      some.slice(0, 1),
    ],
    ["pages of version 2", listOf({ rows: 4, column: { codec: 6, pages: [secondVersion([...some, null])] } }), some],
  ] as [string, Uint8Array, string[]][]
) {
  test(`readUrlList() reads Parquet with ${what}`, async () => {
    assertEquals((await read(bytes)).downloads.map(({ url }) => url), expected);
  });
}

/** Texts as a page of version 2, packed by Zstandard. */
function secondVersion(texts: (string | null)[]): WrittenPage {
  const levels = runs(texts.map((text) => text === null ? 0 : 1), { hasLength: false });
  const values = plain(texts.filter((text) => text !== null));
  const about: Thrift = {
    struct: {
      1: { i32: texts.length },
      2: { i32: 1 },
      3: { i32: texts.length },
      4: { i32: 0 },
      5: { i32: levels.length },
      6: { i32: 0 },
    },
  };
  return {
    header: { 1: { i32: 3 }, 8: about },
    bytes: joined(levels, zstdCompressSync(values)),
    claims: levels.length + values.length,
  };
}

/** Snappy with literals only. */
function snappy(bytes: Uint8Array): Uint8Array {
  const pieces: (Uint8Array | number[])[] = [varints(bytes.length)];
  for (let at = 0; at < bytes.length; at += 60) {
    const some = bytes.subarray(at, at + 60);
    pieces.push([(some.length - 1) << 2], some);
  }
  return joined(...pieces);
}

/** LZ4 with literals only, but for a match that overlaps itself where there is a run. */
function lz4(bytes: Uint8Array): Uint8Array {
  const more = (length: number) =>
    length < 15 ? [] : [...Array(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255];
  return joined([Math.min(bytes.length, 15) << 4], more(bytes.length), bytes);
}

test("readUrlList() undoes matches of LZ4, also those that overlap", async () => {
  const url = `http://a/${"x".repeat(300)}`;
  const text = plain([url]);
  const [before, run] = [joined(runs([1]), text.subarray(0, 14)), 299];
  const packed = joined([15 << 4 | 15], varints(before.length - 15), before, [1, 0], [255, run - 4 - 15 - 255], [0]);
  const unpacked = joined(runs([1]), text);
  const bytes = listOf({ rows: 1, column: { codec: 7, pages: [{ ...page(packed, 1, 0), claims: unpacked.length }] } });
  assertEquals((await read(bytes)).downloads, [{ url }]);
});

test("readUrlList() reports rows of Parquet that are no downloads by their numbers", async () => {
  const texts = ["http://a/1", null, "", "ftp://a/1", "nonsense", `http://a/${"x".repeat(2 ** 16)}`, "http://a/2"];
  const { downloads, bad } = await read(parquet(tableOf({ url: texts })));
  assertEquals(downloads.map(({ url }) => url), ["http://a/1", "http://a/2"]);
  assertEquals(bad, [
    { line: 2, problem: "it has no url" },
    { line: 3, problem: "it has no url" },
    { line: 4, problem: '"ftp://a/1" is not an http:// or https:// URL' },
    { line: 5, problem: '"nonsense" is not an http:// or https:// URL' },
    { line: 6, problem: "its url is longer than any that is taken" },
  ]);
});

test("readUrlList() reads Parquet as it is needed", async () => {
  const good = { rows: 1_000, column: { pages: [plainPage(urls(1_000))] } };
  const broken = { rows: 1_000, column: { pages: [plainPage(urls(10))] } };
  await inFile(listOf(good, broken), async (path) => {
    const batches = readUrlList(path, { onBadLine() {} });
    for (let n = 0; n < 1_000;) n += (await batches.next()).value?.length ?? 0;
    await assertRejects(() => batches.next(), UsageError, 'failed after row 1000: its column "url" ends too early');
  });
  await inFile(listOf(good, good), async (path) => {
    for await (const batch of readUrlList(path, { onBadLine() {} })) {
      assert(batch.length < 1_000);
      break; // closes the file, as the sanitizer of resources would find out
    }
  });
});

test("readUrlList() reads Parquet twice if no row may be bad", async () => {
  const bytes = parquet(tableOf({ url: ["http://a/1", null] }));
  await assertRejects(() => read(bytes, { strict: true }), UsageError, "row 2: it has no url");
  assertEquals((await read(parquet(tableOf({ url: some })), { strict: true })).downloads.length, 3);
});

test("readUrlList() keeps Parquet that comes through a pipe, and says how to name it if it isn't told", async () => {
  const bytes = parquet(tableOf({ url: some }));
  const all: Download[] = [];
  for await (
    const batch of readUrlList("-", { onBadLine() {}, format: "parquet", stdin: new Blob([bytes]).stream() })
  ) {
    all.push(...batch);
  }
  assertEquals(all.map(({ url }) => url), some);
  const untold = readUrlList("-", { onBadLine() {}, stdin: new Blob([bytes]).stream() });
  await assertRejects(() => untold.next(), UsageError, "the list stdin is Parquet: say so with --list-format parquet");
});

const right = parquet(tableOf({ url: some }));
const footerAt = right.length - 8 - new DataView(right.buffer).getUint32(right.length - 8, true);

/** A file whose footer claims so many bytes. */
function claiming(length: number): Uint8Array {
  const bytes = right.slice();
  new DataView(bytes.buffer).setUint32(bytes.length - 8, length, true);
  return bytes;
}

const withColumn = (column: Partial<WrittenColumn>, rows: number | bigint = 3) =>
  listOf({ rows, column: { pages: [plainPage(some)], ...column } });

for (
  const [what, bytes, message] of [
    ["nothing", new Uint8Array(), /^cannot read the list .*: it is no Parquet file$/],
    ["text", new TextEncoder().encode("http://a/1\n".repeat(9)), /it is no Parquet file$/],
    ["another end", right.with(right.length - 1, 0), /its end is missing$/],
    ["half of a file", right.subarray(0, right.length / 2), /its end is missing$/],
    ["a footer longer than the file", claiming(2 ** 32 - 1), /its footer claims 4294967295 bytes, of a file of \d+$/],
    ["a footer longer than the file by one", claiming(right.length - 11), /its footer claims/],
    ["a footer of nothing", claiming(0), /its footer is damaged$/],
    ["a footer that is too short", claiming(20), /its footer is damaged$/],
    [
      "a footer of zeros",
      right.map((byte, i) => i >= footerAt && i < right.length - 8 ? 0 : byte),
      /its footer is damaged$/,
    ],
    [
      "a footer of ones",
      right.map((byte, i) => i >= footerAt && i < right.length - 8 ? 255 : byte),
      /its footer is damaged$/,
    ],
    [
      "a list of 2^31 in its footer",
      footer(joined([0x29, 0xfc], varints(2 ** 31 - 1), new Uint8Array(9))),
      /its footer is damaged$/,
    ],
    ["structures without an end in its footer", footer(new Uint8Array(2 ** 20).fill(0x1c)), /its footer is damaged$/],
    [
      "no column with URLs",
      parquet(tableOf({ a: some, b: some })),
      /it has no column "url"; name the one with URLs with --url-column: it has a, b$/,
    ],
    ["2^40 rows", withColumn({}, 2n ** 40n), /its row group 1 claims 1099511627776 rows$/],
    ["a negative number of rows", withColumn({}, -1n), /its row group 1 claims -1 rows$/],
    [
      "more rows than values",
      withColumn({ values: 3 }, 4),
      /its column "url" in row group 1 has 3 values, for 4 rows$/,
    ],
    ["fewer values than rows", withColumn({}, 5), /cannot read the list .*: its column "url" ends too early$/],
    ["more values than rows", withColumn({}, 2), /failed after row 2: its column "url" has more values than rows$/],
    [
      "a column beyond the file",
      withColumn({ change: (meta) => void (meta[7] = { i64: 2n ** 50n }) }),
      /in row group 1 isn't in the file$/,
    ],
    [
      "a column before the file",
      withColumn({ change: (meta) => void (meta[9] = { i64: -9 }) }),
      /in row group 1 isn't in the file$/,
    ],
    [
      "another type than it says",
      withColumn({ type: 1 }),
      /its column "url" in row group 1 is INT32, and not BYTE_ARRAY$/,
    ],
    ["a column that isn't there", withColumn({ name: "other" }), /it says nothing of its column "url" in row group 1$/],
    [
      "an unknown codec",
      withColumn({ codec: 3 }),
      /it is compressed by LZO, which can't be undone; ZSTD and SNAPPY can, for example$/,
    ],
    ["a codec that has no number", withColumn({ codec: 99 }), /it is compressed by an unknown method/],
    [
      "a page that claims 2 GiB",
      withColumn({ codec: 1, pages: [plainPage(some, { pack: snappy, claims: 2 ** 31 - 1 })] }),
      /it has a page of 2147483647 bytes$/,
    ],
    [
      "a page that claims a negative size",
      withColumn({ codec: 1, pages: [plainPage(some, { pack: snappy, claims: -1 })] }),
      /it has a page of an unknown number of bytes$/,
    ],
    [
      "a page that unpacks to less",
      withColumn({ codec: 6, pages: [plainPage(some, { pack: zstdCompressSync, claims: 99 })] }),
      /its compressed data is damaged$/,
    ],
    [
      "a page that unpacks to more",
      withColumn({ codec: 2, pages: [plainPage(some, { pack: gzipSync, claims: 9 })] }),
      /its compressed data is damaged$/,
    ],
    ["gzip that is none", withColumn({ codec: 2 }), /its compressed data is damaged$/],
    ["Zstandard that is none", withColumn({ codec: 6 }), /its compressed data is damaged$/],
    ["Snappy that is none", withColumn({ codec: 1 }), /its compressed data is damaged$/],
    ["LZ4 that is none", withColumn({ codec: 7 }), /damaged$/],
    [
      "a page that claims 2^30 values",
      withColumn({ pages: [plainPage(some, { count: 2 ** 30 })] }),
      /it has a page that claims 1073741824 values$/,
    ],
    [
      "a page that claims more values than it has",
      withColumn({ pages: [plainPage(some, { count: 9 })] }, 9),
      /it has fewer values than it says$/,
    ],
    [
      "a text longer than its page",
      withColumn({ pages: [page(joined(runs([1, 1, 1]), [255, 255, 255, 127, 104]), 3, 0)] }),
      /it has fewer values than it says$/,
    ],
    [
      "a number that is in no dictionary",
      withColumn({ pages: dictionaryPages(some, [0, 3, 1]) }),
      /it refers to a value that isn't there$/,
    ],
    [
      "numbers without a dictionary",
      withColumn({ pages: dictionaryPages(some, [0, 1, 2]).slice(1) }),
      /it refers to values that aren't there$/,
    ],
    [
      "a dictionary that claims 2^24 values",
      withColumn({ pages: dictionaryOf(2 ** 24) }),
      /it has fewer values than it says$/,
    ],
    [
      "a run of 2^34 numbers",
      withColumn({ pages: [page(joined([6, 0, 0, 0], [254, 255, 255, 255, 127, 1], plain(some)), 3, 0)] }),
      undefined,
    ],
    [
      "levels in an old encoding",
      withColumn({
        pages: [{
          ...plainPage(some),
          header: { 1: { i32: 0 }, 5: { struct: { 1: { i32: 3 }, 2: { i32: 0 }, 3: { i32: 4 }, 4: { i32: 4 } } } },
        }],
      }),
      /can't be read \(4\)$/,
    ],
    ["an unknown encoding", withColumn({ pages: [page(plainPage(some).bytes, 3, 77)] }), /can't be read \(77\)$/],
    [
      "a prefix of nothing",
      withColumn({ pages: [page(joined(runs([1, 1, 1]), lengths(3, 5), lengths(3, 5), new Uint8Array(15)), 3, 7)] }),
      /it has fewer values than it says$/,
    ],
    [
      "lengths beyond all",
      withColumn({ pages: [page(joined(runs([1, 1, 1]), lengths(3, 2 ** 30)), 3, 6)] }),
      /it has fewer values than it says$/,
    ],
    [
      "a page of an unknown kind",
      withColumn({ pages: [{ header: { 1: { i32: 9 } }, bytes: new Uint8Array(4) }] }),
      /it has a page of an unknown kind$/,
    ],
    [
      "a page without a header",
      withColumn({ pages: [{ header: { 1: { i32: 0 } }, bytes: new Uint8Array(4) }] }),
      /its page header is damaged$/,
    ],
  ] as [string, Uint8Array, RegExp | undefined][]
) {
  test(`readUrlList() ${message ? "refuses" : "takes"} Parquet with ${what}`, async () => {
    if (message === undefined) {
      assertEquals((await read(bytes)).downloads.length, 3);
      return;
    }
    const error = await assertRejects(() => read(bytes), UsageError);
    assertMatch(error.message, message);
    assertEquals([error.exitCode, error.message.includes("\n")], [2, false]);
  });
}

/** A file with another footer. */
function footer(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return joined(right.subarray(0, footerAt), bytes, length, right.subarray(-4));
}

/** A dictionary that claims so many values, and a page of its first. */
function dictionaryOf(count: number): WrittenPage[] {
  const [dictionary, data] = dictionaryPages(some, [0, 1, 2]);
  return [{ ...dictionary, header: { 1: { i32: 2 }, 7: { struct: { 1: { i32: count }, 2: { i32: 0 } } } } }, data];
}

for (
  const [what, schema, message] of [
    [
      "a list",
      [element("url", { children: 1 }), element("list", { children: 1, repetition: 2 }), element("element")],
      /its column "url" is nested/,
    ],
    ["repeated", [element("url", { repetition: 2 })], /its column "url" is nested/],
    ["a number", [element("url", { type: 2 })], /its column "url" has numbers$/],
    ["a double", [element("url", { type: 5 })], /its column "url" is neither text nor whole numbers: it is DOUBLE$/],
    ["a date", [element("url", { type: 1, converted: 6 })], /it is DATE$/],
    ["a decimal", [element("url", { converted: 5 })], /it is DECIMAL$/],
    ["a number without a sign", [element("url", { type: 1, converted: 13 })], /it is UINT_32$/],
  ] as [string, Record<number, Thrift>[], RegExp][]
) {
  test(`readUrlList() refuses Parquet whose column with URLs is ${what}`, async () => {
    const bytes = parquet({ schema, tops: 1, groups: [] });
    const error = await assertRejects(() => read(bytes), UsageError);
    assertMatch(error.message, message);
  });
}

test("readUrlList() finds columns of Parquet behind nested ones, and leaves nested ones out that nobody has asked for", async () => {
  const bytes = parquet({
    schema: [
      element("headers", { children: 2 }),
      element("url", { type: 2 }),
      element("b", { children: 1 }),
      element("c"),
      element("url"),
    ],
    tops: 2,
    groups: [{
      rows: 3,
      columns: [{ name: ["headers", "url"], type: 2, pages: [] }, { name: "url", pages: [plainPage(some)] }],
    }],
  });
  assertEquals((await read(bytes)).downloads.map(({ url }) => url), some);
  await assertRejects(() => read(bytes, { fields: { headers: "headers" } }), UsageError, "nested");
});

test("readUrlList() ends damaged Parquet in one line, whatever is damaged", async () => {
  const files = [
    parquet(tableOf({ url: urls(50), name: urls(50) })),
    listOf({ rows: 50, column: { codec: 6, pages: [plainPage(urls(50), { pack: zstdCompressSync })] } }),
    listOf({ rows: 40, column: { pages: dictionaryPages(some, Array.from({ length: 40 }, (_, n) => n % 3)) } }),
    listOf({ rows: 30, column: { codec: 1, pages: [plainPage(urls(30), { pack: snappy })] } }),
    listOf({ rows: 4, column: { codec: 6, pages: [secondVersion([...some, null])] } }),
  ];
  const random = new Seeded(16);
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  try {
    let failed = 0;
    for (let round = 0; round < 600; round++) {
      const bytes = files[round % files.length].slice();
      for (let n = 1 + random.int(4); n > 0; n--) {
        bytes[random.int(bytes.length)] = random.int(256);
      }
      await Deno.writeFile(path, bytes);
      const rows = { read: 0, bad: 0 };
      try {
        for await (const batch of readUrlList(path, { onBadLine: () => rows.bad++ })) rows.read += batch.length;
        assert(rows.read + rows.bad <= 50, "no rows are made up");
      } catch (error) {
        assert(error instanceof UsageError, `round ${round}: ${error}`);
        assert(!error.message.includes("\n"));
        failed++;
      }
    }
    assert(failed > 100 && failed < 600);
  } finally {
    await Deno.remove(path);
  }
});
