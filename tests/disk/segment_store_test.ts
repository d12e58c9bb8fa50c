import { assertEquals } from "@std/assert";
import { dirname } from "node:path";
import type { Resumable } from "../../lib/disk/resume.ts";
import { ResumeStore } from "../../lib/disk/resume_store.ts";
import { findSegments, SegmentFile } from "../../lib/disk/segment_store.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

const MiB = 2 ** 20;
const LENGTH = 8 * MiB;
const BODY = new Uint8Array(LENGTH).map((_, i) => i * 31 + (i >> 10));
const [URL_, KEY] = ["http://a/b", "http://a/b"];
const VALIDATOR = { url: URL_, ifRange: '"1"', length: LENGTH };

/** A folder in which segments have been written: from where to where each. */
async function inFolder(
  segments: [at: number, end: number][],
  work: (t: { path: string; data: string; find: () => Promise<Resumable | undefined> }) => Promise<void>,
) {
  const state = await Deno.makeTempDir();
  try {
    const path = new ResumeStore(state).pathOf(KEY);
    {
      using file = new SegmentFile(path, { tried: "cannot save", length: LENGTH, key: KEY, validator: VALIDATOR });
      const writers = segments.map(([at, end]) => ({ at, end, writer: file.segment(at) }));
      // By turns, a piece of each
      for (let from = 0; from < LENGTH; from += 100_000) {
        for (const { at, end, writer } of writers) {
          writer.write(BODY.subarray(Math.min(at + from, end), Math.min(at + from + 100_000, end)));
        }
      }
      for (const { writer } of writers) writer.flush();
    }
    const find = async () => await new ResumeStore(state).find(URL_, KEY, { look: findSegments });
    await work({ path, data: path.replace(/part$/, "json"), find });
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

const damage = (path: string, at: number) => {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array([1 ^ BODY[at]]));
};

test("findSegments() knows what there is, in order, and asks for what is missing first", () =>
  inFolder([[4 * MiB, 6 * MiB], [0, MiB]], async ({ find }) => {
    const found = await find();
    assertEquals(found?.extents, [{ at: 0, end: MiB }, { at: 4 * MiB, end: 6 * MiB }]);
    assertEquals([found?.bytes, found?.headers], [MiB, { range: `bytes=${MiB}-`, "if-range": '"1"' }]);
  }));

test("findSegments() asks for the beginning if that is missing, and for the last byte if nothing is", async () => {
  await inFolder([[MiB, LENGTH]], async ({ find }) => {
    const found = await find();
    assertEquals([found?.bytes, found?.headers.range], [0, "bytes=0-"]);
    assertEquals(found?.extents, [{ at: MiB, end: LENGTH - 1 }]);
  });
  await inFolder([[0, 3 * MiB], [3 * MiB, LENGTH]], async ({ find }) => {
    const found = await find();
    assertEquals([found?.bytes, found?.extents], [LENGTH - 1, [{ at: 0, end: LENGTH - 1 }]]);
  });
});

test("findSegments() leaves out a block that is damaged, and no other", () =>
  inFolder([[0, 2 * MiB], [4 * MiB, 6 * MiB]], async ({ path, find }) => {
    damage(path, 1_500_000);
    damage(path, 4 * MiB);
    const { extents = [] } = await find() ?? {};
    assertEquals([extents[0].at, extents.at(-1)?.end], [0, 6 * MiB]);
    for (const at of [1_500_000, 4 * MiB]) assertEquals(extents.some((each) => each.at <= at && at < each.end), false);
    const there = extents.reduce((sum, { at, end }) => sum + end - at, 0);
    assertEquals(there > 4 * MiB - 2 * 620_000 - 1, true);
    assertEquals((await find())?.extents, extents, "as it says itself from then on");
  }));

test("findSegments() believes no block that is cut off, swapped, or of another file or version", async () => {
  const segments: [number, number][] = [[0, 2 * MiB], [4 * MiB, 6 * MiB]];
  await inFolder(segments, async ({ path, find }) => {
    Deno.truncateSync(path, 5 * MiB);
    assertEquals((await find())?.extents?.every(({ end }) => end <= 5 * MiB), true);
  });
  await inFolder(segments, async ({ data, find }) => {
    const [head, ...lines] = Deno.readTextFileSync(data).split("\n");
    const moved = lines.map((line) => line.replace(/^@(\d+)/, (_, at) => `@${(Number(at) + 4 * MiB) % LENGTH}`));
    Deno.writeTextFileSync(data, [head, ...moved].join("\n"));
    assertEquals(await find(), undefined);
  });
  await inFolder(segments, async ({ data, find }) => {
    Deno.writeTextFileSync(data, Deno.readTextFileSync(data).replace('\\"1\\"', '\\"2\\"'));
    assertEquals(await find(), undefined);
  });
  await inFolder(segments, async ({ path, find }) => {
    Deno.removeSync(path);
    assertEquals(await find(), undefined);
  });
});

test("findSegments() leaves what another mirror has sent for that one", () =>
  inFolder([[0, MiB]], async ({ path, find }) => {
    const other = "http://127.0.0.2:1/other";
    const look = (others: string[]) => new ResumeStore(dirname(path)).find(other, KEY, { look: findSegments, others });
    assertEquals(await look([other, URL_]), undefined);
    assertEquals((await find())?.bytes, MiB);
    assertEquals(await look([]), undefined);
    assertEquals(await find(), undefined, "what is of no URL of the file is of no use");
  }));

test("a run without segments takes what there is from the beginning on, and no more", () =>
  inFolder([[0, 2 * MiB], [4 * MiB, 6 * MiB]], async ({ path }) => {
    const store = new ResumeStore(path.slice(0, path.lastIndexOf("/")));
    const found = await store.find(URL_, KEY);
    assertEquals([found?.bytes, found?.headers.range], [2 * MiB, `bytes=${2 * MiB}-`]);
    const segmented = await store.find(URL_, KEY, { look: findSegments });
    assertEquals(segmented?.extents, [{ at: 0, end: 2 * MiB }]);
  }));
