import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Download } from "../../lib/core/download.ts";
import { UsageError } from "../../lib/core/errors.ts";
import { type BadLine, readUrlList } from "../../lib/source/url_list.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

/** Reads a list given as text, cut into pieces of `pieces` bytes. */
async function read(
  list: string | Uint8Array,
  { strict = false, pieces = 7 } = {},
): Promise<{ downloads: Download[]; bad: BadLine[] }> {
  const bad: BadLine[] = [];
  const downloads: Download[] = [];
  const stdin = inPieces(typeof list === "string" ? new TextEncoder().encode(list) : list, pieces);
  for await (const batch of readUrlList("-", { onBadLine: (line) => bad.push(line), strict, stdin })) {
    downloads.push(...batch);
  }
  return { downloads, bad };
}

function inPieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const A = { url: "http://a/1" };
const B = { url: "https://b/ü?q=1#f" };

Deno.test.each([
  ["lines", "http://a/1\nhttps://b/ü?q=1#f\n"],
  ["a missing last newline", "http://a/1\nhttps://b/ü?q=1#f"],
  ["CRLF", "http://a/1\r\nhttps://b/ü?q=1#f\r\n"],
  ["a byte order mark", "\ufeffhttp://a/1\nhttps://b/ü?q=1#f\n"],
  ["blank and comment lines, and space around", "\n# one\n  http://a/1 \n\t\r\n #two\nhttps://b/ü?q=1#f\n\n"],
  ["NDJSON", '{"url":"http://a/1"}\n{"url":"https://b/ü?q=1#f","name":null,"other":[1]}\n'],
  ["CSV", "url\nhttp://a/1\nhttps://b/ü?q=1#f\n"],
  ["CSV with other columns, spaces and capitals", '# list\nid, URL ,"name"\n1,http://a/1\n2,"https://b/ü?q=1#f",\n'],
])("readUrlList() takes %s", async (_what, list) => {
  for (const pieces of [1, 7, 1000]) {
    assertEquals(await read(list, { pieces }), { downloads: [A, B], bad: [] });
  }
});

Deno.test("readUrlList() takes UTF-16 with its byte order mark, as PowerShell writes it", async () => {
  const text = "\ufeffhttp://a/1\r\nhttps://b/ü?q=1#f\r\n";
  const bytes = new Uint8Array(Uint16Array.from(text, (character) => character.charCodeAt(0)).buffer);
  assertEquals((await read(bytes, { pieces: 3 })).downloads, [A, B]);
});

Deno.test("readUrlList() takes several URLs of a file, with tabs between them or as urls", async () => {
  const [url, ...mirrors] = ["http://a/1", "http://b/1", "http://u:p@c/1"];
  const several = { downloads: [{ url, mirrors }, A], bad: [] };
  assertEquals(await read(`${url}\t ${mirrors.join("\t\t")}\t\n${url}\t${url}\n`), several);
  const urls = [url, ...mirrors];
  const rows = [{ urls }, { url: null, urls: [url, url], name: "n" }, { url, urls }].map((row) => JSON.stringify(row));
  assertEquals(await read(rows.join("\n")), {
    downloads: [...several.downloads.slice(0, 1), { ...A, name: "n" }, A], // beside a url, urls may be anything
    bad: [],
  });
});

Deno.test("readUrlList() takes name, sha256 and headers from NDJSON and from CSV", async () => {
  const sha256 = "0123456789abcdef".repeat(4);
  const full = { url: "http://a/1", name: 'a "b", c', sha256, headers: { accept: "text/html", "x-y": "1,2" } };
  assertEquals((await read(JSON.stringify({ ...full, sha256: sha256.toUpperCase() }))).downloads, [full]);
  const cells = ["http://a/1", 'a "b", c', sha256, JSON.stringify(full.headers)];
  const record = cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",");
  assertEquals(await read(`url,name,sha256,headers\n${record}\n`), { downloads: [full], bad: [] });
});

/** What stands before and after a bad line of each format. */
const AROUND = {
  plain: ["# list", "http://a/1"],
  ndjson: ['{"url":"http://a/1"}', '{"url":"http://a/1"}'],
  csv: ["url,name,headers", "http://a/1"],
};

for (
  const [format, line] of [
    ["plain", "nonsense"],
    ["plain", "ftp://a/1"],
    ["plain", "file:///etc/passwd"],
    ["plain", "http://"],
    ["plain", "http:///"],
    ["plain", "http://a:99999/1"],
    ["plain", "http://1.2.3.4.5/1"],
    ["plain", "http://a b/1"],
    ["plain", "http://[::1/1"],
    ["plain", "http://a/1\tlabel"],
    ["plain", "http://a/1\thttp://b/\ufffd"],
    ["plain", "http://a/\ufffd"],
    ["ndjson", "nonsense"],
    ["ndjson", '["http://a/1"]'],
    ["ndjson", "{}"],
    ["ndjson", '{"url":5}'],
    ["ndjson", '{"url":"http://a/1\\thttp://b/1"}'],
    ["ndjson", '{"urls":[]}'],
    ["ndjson", '{"urls":"http://a/1"}'],
    ["ndjson", '{"urls":["http://a/1",5]}'],
    ["ndjson", '{"urls":["http://a/1","/relative"]}'],
    ["ndjson", '{"url":"/relative"}'],
    ["ndjson", '{"url":"http://a/1","name":""}'],
    ["ndjson", '{"url":"http://a/1","name":7}'],
    ["ndjson", '{"url":"http://a/1","sha256":"abc"}'],
    ["ndjson", '{"url":"http://a/1","headers":["a"]}'],
    ["ndjson", '{"url":"http://a/1","headers":{"a b":"c"}}'],
    ["ndjson", '{"url":"http://a/1","headers":{"a":"b\\nc: d"}}'],
    ["ndjson", '{"url":"http://a/1","headers":{"a":1}}'],
    ["csv", "http://a/1,2,3,4"],
    ["csv", ",name"],
    ["csv", '"http://a/1'],
    ["csv", "http://a/1,name,{"],
  ] as const
) {
  const [head, good] = AROUND[format];
  const list = `${head}\n${line}\n${good}\n`;

  Deno.test(`readUrlList() skips a bad line of ${format} and says which: ${line}`, async () => {
    const { downloads, bad } = await read(list);
    assertEquals(bad.map(({ line }) => line), [2]);
    assertMatch(bad[0].problem, /not|no|fields|has a tab/);
    assertEquals(downloads.at(-1), A);
  });

  test(`readUrlList() strict refuses a bad line of ${format}: ${line}`, async () => {
    await assertRejects(() => read(list, { strict: true }), UsageError, "stdin line 2: ");
  });
}

Deno.test("readUrlList() cuts short and escapes what it says of a bad line", async () => {
  const { bad } = await read(`\x1b[31m${"x".repeat(10_000)}`);
  assertEquals(bad[0].problem.includes("\x1b"), false);
  assertEquals(bad[0].problem.length < 200, true);
});

Deno.test("readUrlList() skips a line of 3 MB and goes on after it", async () => {
  const list = `http://a/1\n${"x".repeat(3_000_000)}\nhttp://a/1\n`;
  const { downloads, bad } = await read(list, { pieces: 65_536 });
  assertEquals(downloads, [A, A]);
  assertEquals(bad, [{ line: 2, problem: "it is longer than 1048576 characters" }]);
  assertEquals((await read("x".repeat(3_000_000), { pieces: 65_536 })).bad.map(({ line }) => line), [1]);
});

Deno.test("readUrlList() takes gzipped lists, also of several members, and says when one is cut short", async () => {
  const bytes = new Uint8Array([...await gzip("http://a/1\nhttps://b/"), ...await gzip("ü?q=1#f\n")]);
  for (const pieces of [1, 1000]) assertEquals((await read(bytes, { pieces })).downloads, [A, B]);
  const error = await assertRejects(() => read(bytes.subarray(0, -9)), Error);
  assertMatch(error.message, /^reading the list stdin failed after line \d: /);
});

Deno.test("readUrlList() returns nothing for an empty list, or one of comments", async () => {
  for (const list of ["", "\n", "\ufeff", "# http://a/1", "url,name\n"]) {
    assertEquals(await read(list), { downloads: [], bad: [] });
  }
});

test("readUrlList() goes by the file's name before the first line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const bad: number[] = [];
    const readFile = (name: string, text: string) => {
      Deno.writeTextFileSync(`${folder}/${name}`, text);
      return Array.fromAsync(readUrlList(`${folder}/${name}`, { onBadLine: ({ line }) => bad.push(line) }));
    };
    assertEquals(await readFile("a.jsonl", 'nonsense\n{"url":"http://a/1"}'), [[A]]);
    assertEquals(bad, [1]);
    await assertRejects(() => readFile("a.csv", "http://a/1\n"), UsageError, 'names no column "url"');
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("readUrlList() says why a file can't be read", async () => {
  const rejects = (path: string) => assertRejects(() => readUrlList(path, { onBadLine() {} }).next(), UsageError, path);
  await rejects("missing.txt");
  await rejects("tests");
});

Deno.test("readUrlList() reads no more than it is asked for, and closes what it leaves", async () => {
  let pulled = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode(`http://a/${++pulled}\n`));
    },
    cancel() {
      cancelled = true;
    },
  });
  for await (const [first] of readUrlList("-", { onBadLine() {}, stdin: endless })) {
    assertEquals(first, A);
    break;
  }
  assertEquals(cancelled, true);
  assertEquals(pulled < 5, true);
});

test("readUrlList() strict returns nothing before all of stdin is read and found good", async () => {
  assertEquals(await read("http://a/1\nhttps://b/ü?q=1#f", { strict: true }), { downloads: [A, B], bad: [] });
  let returned = 0;
  const stdin = inPieces(new TextEncoder().encode("http://a/1\n".repeat(1000) + "nonsense\n"), 100);
  await assertRejects(
    async () => {
      for await (const batch of readUrlList("-", { onBadLine() {}, strict: true, stdin })) returned += batch.length;
    },
    UsageError,
    'stdin line 1001: "nonsense" is not an http:// or https:// URL',
  );
  assertEquals(returned, 0);
});
