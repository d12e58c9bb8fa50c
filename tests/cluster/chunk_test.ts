import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Chunk, decodeChunk, encodeChunk } from "../../lib/cluster/chunk.ts";
import { pack, unpack } from "../../lib/cluster/packed.ts";

const CHUNK: Chunk = {
  number: 3,
  first: 2_000,
  digest: 17,
  jobs: [
    { id: 5, url: "http://a.example/1" },
    {
      ...{
        id: 9,
        url: "http://a.example/2",
        expected: 7,
        name: "a/b.txt",
        sha256: "0".repeat(64),
        headers: { "x-a": "ä" },
      },
      digests: { md5: ["1".repeat(32)], sha1: ["a".repeat(40), "b".repeat(40)], sha512: [] },
    },
    { id: 10, url: "http://b.example/", target: { file: "b.example/index.html", naming: "distinct", isOwn: true } },
  ],
  totals: { partition: 2_003, run: 12 },
};

Deno.test("a chunk comes back as it was", () => {
  assertEquals(decodeChunk(encodeChunk(CHUNK)), CHUNK);
  const { totals: _, ...open } = CHUNK;
  assertEquals(decodeChunk(encodeChunk({ ...open, jobs: [] })), { ...open, jobs: [] });
});

Deno.test("a chunk of 1,000 URLs takes less than 30 bytes for each", () => {
  const jobs = Array.from({ length: 1_000 }, (_, at) => ({
    id: at * 200 + (at * 7919) % 199,
    url: `https://www.example.com/articles/${(at * 7919) % 100_003}.html`,
  }));
  const packed = encodeChunk({ number: 0, first: 0, digest: 1, jobs });
  assert(packed.length < 30_000, `${packed.length}`);
  assertEquals(decodeChunk(packed).jobs, jobs);
});

Deno.test("a damaged or hostile chunk is an error", () => {
  const packed = encodeChunk(CHUNK);
  for (let length = 0; length < packed.length; length++) {
    assertThrows(() => decodeChunk(packed.subarray(0, length)), Error, "A chunk of the run can't be read: ");
  }
  const good = unpack(packed, 10_000) as Record<string, unknown>;
  const row = (rest: unknown) => ({ ids: [1], rows: [["http://a.example/", rest]], totals: undefined });
  const target = (file: unknown, naming = "plain") => row({ target: { file, naming } });
  const wrong = [
    ...[{ number: -1 }, { first: 0.5 }, { digest: "1" }, { ids: [1] }, { ids: [1, 0, 1] }, { ids: [1, -1, 1] }],
    ...[{ ids: [-1, 2, 3] }, { ids: [Infinity, 1, 1] }, { rows: ["file:///etc/passwd", "http://a", "http://a"] }],
    ...[{ totals: {} }, { totals: { partition: 2_004, run: 12 } }, { totals: 1 }, { rows: null }],
    ...[row(null), row({ sha256: "abc" }), row({ headers: { "a\nb": "c" } }), row({ name: 1 })],
    ...[null, 1, [], { md5: "0" }, { md5: [1] }, { md5: ["0"] }, { sha256: ["g".repeat(64)] }, { crc32: [] }].map(
      (digests) => row({ digests }),
    ),
    row({ digests: JSON.parse('{ "__proto__": [] }') }),
    ...["../a", "/a", "a/../../b", "a//b", "", "a\\b", "C:a", "a\0b", "./a", "a".repeat(4_097), 5].map((file) =>
      target(file)
    ),
    ...[target("a", "any"), row({ target: null }), { ids: Array(1_001).fill(1), rows: Array(1_001).fill("http://a/") }],
  ];
  for (const change of wrong) {
    const what = JSON.stringify(change).slice(0, 80);
    assertThrows(() => decodeChunk(pack({ ...good, ...change })), Error, "A chunk of the run can't be read: ", what);
  }
  for (const data of [null, 1, "a", []]) assertThrows(() => decodeChunk(pack(data)), Error, "it isn't an object");
});

Deno.test("what would unpack to more than a chunk can have isn't unpacked", () => {
  const bomb = pack(" ".repeat(20_000_000));
  assert(bomb.length < 852_000);
  assertThrows(() => decodeChunk(bomb), Error, "it unpacks to more than 851968 bytes");
  assertThrows(
    () => decodeChunk(new Uint8Array(900_000)),
    Error,
    "it has 900000 bytes, and at most 851968 are allowed",
  );
});
