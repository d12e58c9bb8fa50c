/** Bodies in shards: each is in one, whole, or in none, whatever is given and however a run ends. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { KEEP_PARTIAL_FROM } from "../../constants.ts";
import type { Download } from "../../lib/core/download.ts";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { FINGERPRINT_WORDS } from "../../lib/disk/fingerprint.ts";
import { JournalWriter } from "../../lib/disk/journal.ts";
import { shardStore } from "../../lib/disk/open_shards.ts";
import { downloadKey, OutputFolder } from "../../lib/disk/output_folder.ts";
import { type Saved, SaveError, Saver, type SaveTarget } from "../../lib/disk/save.ts";
import { testNeeding } from "../helpers/needs.ts";
import { readShards, readTar, shardsIn } from "../helpers/read_tar.ts";

const test = await testNeeding("read", "write", "run", "sys");

const SIZE = 300_000;

/** A run: an output folder that is open, and what saves to it. */
class Run implements AsyncDisposable {
  readonly counts = { new: 0, done: 0, duplicate: 0 };

  private constructor(readonly path: string, readonly folder: OutputFolder, readonly saver: Saver) {}

  static async open(path: string, bytes = SIZE): Promise<Run> {
    const folder = await OutputFolder.open(path, { shards: { format: "tar", bytes } });
    return new Run(path, folder, await Run.saver(path, folder));
  }

  static async saver(path: string, folder: OutputFolder): Promise<Saver> {
    const { shards } = folder;
    assert(shards);
    return new Saver(path, { names: folder.names.shared, store: await shardStore(shards) });
  }

  /** What is to be done with a download; undefined if nothing is. */
  enter(download: Download): SaveTarget | undefined {
    const entry = this.folder.enter(download);
    this.counts[entry.state]++;
    if (entry.state !== "new") return undefined;
    const describe = (saved: Saved) => JSON.stringify({ url: download.url, ...saved });
    return { ...entry, key: downloadKey(download), describe };
  }

  /** Saves a body, unless it is there. */
  async save(download: Download, body: string, more: Partial<SaveTarget> = {}): Promise<Saved | undefined> {
    const target = this.enter(download);
    return target && await this.saver.saveBytes(new TextEncoder().encode(body), { ...target, ...more });
  }

  async finish(): Promise<void> {
    await this.saver.finish();
    await this.folder.finishShards();
  }

  /** Ends as if the process had been killed: nothing is finished. */
  kill(): void {
    this.saver[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish();
    this.kill();
  }
}

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

const urlOf = (n: number) => `http://host/${n}.txt`;
const bodyOf = (n: number) => `${n} `.repeat(n % 400);

/** Saves some, those that aren't there. */
async function saveSome(run: Run, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await run.save({ url: urlOf(n) }, bodyOf(n));
}

/** Holds what a folder has against what was saved. */
function checkSome(path: string, count: number): void {
  const all = readShards(path);
  assertEquals(all.size, count);
  for (let n = 0; n < count; n++) {
    const { name, body, said } = all.get(`${n}`) ?? {};
    assertEquals([name, body, said?.url], [`${n}.txt`, bodyOf(n), urlOf(n)]);
  }
}

const left = (path: string) => [...Deno.readDirSync(`${path}/.download-stuff`)].map(({ name }) => name).sort();

test("ShardStore saves bodies of any size, in memory, as they come, or from a file, each with what is said of it", () =>
  inFolder(async (path) => {
    const large = "x".repeat(2 * KEEP_PARTIAL_FROM + 1);
    {
      await using run = await Run.open(path);
      assertEquals(await run.save({ url: "http://a/empty.txt" }, ""), {
        file: "00000.tar",
        member: "empty.txt",
        size: 0,
      });
      for (const [name, body] of [["some", "y".repeat(70_000)], ["large", large], ["small", "z"]]) {
        const target = run.enter({ url: `http://a/${name}.txt` });
        assert(target);
        const validator = { url: "http://a/", ifRange: '"a"', length: body.length };
        const saved = await run.saver.saveStream(new Blob([body]).stream(), {
          ...target,
          ...name === "large" && { length: body.length, validator },
        });
        assertEquals(saved.size, body.length);
      }
    }
    const all = readShards(path);
    assertEquals([...all].map(([key, { name, body }]) => [key, name, body.length]).sort(), [
      ["empty", "empty.txt", 0],
      ["large", "large.txt", large.length],
      ["small", "small.txt", 1],
      ["some", "some.txt", 70_000],
    ]);
    assertEquals(all.get("large")?.body, large);
    assertEquals(left(path), ["journal", "lock"]);
  }));

test("ShardStore leaves nothing of a body that is cut off, too long, or of the wrong digest", () =>
  inFolder(async (path) => {
    {
      await using run = await Run.open(path);
      await run.save({ url: urlOf(1) }, bodyOf(1));
      for (const [n, more] of [{ length: 11 }, { length: 9 }, { sha256: "0".repeat(64) }].entries()) {
        await assertRejects(() => run.save({ url: `http://a/${n}` }, "0123456789", more), SaveError);
        const target = run.enter({ url: `http://b/${n}` });
        assert(target);
        const stream = () => run.saver.saveStream(new Blob(["0123456789"]).stream(), { ...target, ...more });
        await assertRejects(stream, SaveError);
      }
      const target = run.enter({ url: "http://c/" });
      assert(target);
      for (const bytes of [10, 200_000]) {
        const broken = new ReadableStream({
          start: (controller) => controller.enqueue(new Uint8Array(bytes)),
          pull: (controller) => controller.error(new TypeError("reset")),
        });
        await assertRejects(() => run.saver.saveStream(broken, target), TypeError, "reset");
      }
    }
    assertEquals(readTar(`${path}/00000.tar`).map(({ name }) => name), ["1.txt", "1.json"]);
    assertEquals(left(path), ["journal", "lock"]);
  }));

test("ShardStore names members so that they stay where they are unpacked, and no two have the same key", () =>
  inFolder(async (path) => {
    const names = ["../../etc/passwd", "/etc/shadow", "a/../../b.txt", "C:\\x\\y.txt", ".hidden", "con", "a\nb\0c.txt"];
    names.push("photo.jpg", "photo.png", "PHOTO.gif", "photo.v2.jpg", "photo_v2.png", "list.json", "list", "é.txt");
    names.push("folder.d/x.txt", "folder.d/x.html", "x".repeat(300));
    {
      await using run = await Run.open(path);
      for (const [n, name] of names.entries()) await run.save({ url: urlOf(n), name }, name);
      await run.save({ url: "http://a/b.txt" }, "served", { serverName: "photo.webp" });
      await run.save({ url: "http://b/served.txt" }, "served", { serverName: "served.v2.bin" });
    }
    const all = readShards(path); // throws if two have the same
    assertEquals(all.size, names.length + 2);
    for (const [key, { name }] of all) {
      // deno-lint-ignore no-control-regex -- those are what must not be there
      assert(!name.startsWith("/") && !name.split("/").includes("..") && !/[\0-\x1f\\:]/.test(name), name);
      assertMatch(key, /^(?:[^/]+\/)*[^/.]+$/);
    }
    assertEquals(new Set([...all.keys()].map((key) => key.toLowerCase())).size, all.size);
    assertEquals(all.get("list")?.name, "list.data.json");
    assertEquals(all.get("photo_v2")?.name, "photo_v2.jpg");
  }));

test("ShardStore fills shards, but not beyond their size; what is larger has one to itself", () =>
  inFolder(async (path) => {
    {
      await using run = await Run.open(path, 20_000);
      await saveSome(run, 100);
      await run.save({ url: "http://a/large.txt" }, "x".repeat(50_000));
      await run.save({ url: "http://a/last.txt" }, "x");
    }
    const shards = shardsIn(path);
    assertEquals(shards, shards.map((_, n) => `${String(n).padStart(5, "0")}.tar`));
    assert(shards.length > 5);
    const keys = readShards(path);
    assertEquals(keys.size, 102);
    for (const shard of shards) {
      const { size } = Deno.statSync(`${path}/${shard}`);
      assert(size <= 20_000 || readTar(`${path}/${shard}`).length === 2, `${shard} has ${size} bytes`);
    }
  }));

test("ShardStore goes on with the shard of a run that was killed, wherever in it that was", () =>
  inFolder(async (path) => {
    const run = await Run.open(path);
    await saveSome(run, 30);
    run.kill();
    assertEquals(left(path), ["00000.tar.shard", "journal", "lock"]);
    const shard = `${path}/.download-stuff/00000.tar.shard`;
    const whole = Deno.readFileSync(shard);
    for (const torn of [0, 1, 511, 512, 700, 1_024]) {
      // Of the next member, that much was written, and the journal doesn't know of it
      Deno.writeFileSync(shard, new Uint8Array([...whole, ...whole.subarray(0, torn)]));
      const again = await Run.open(path);
      assertEquals(Deno.readFileSync(shard), whole);
      again.kill();
    }
    {
      await using again = await Run.open(path);
      await saveSome(again, 50);
      assertEquals(again.counts, { new: 20, done: 30, duplicate: 0 });
    }
    assertEquals(shardsIn(path), ["00000.tar"]);
    checkSome(path, 50);
    assertEquals(left(path), ["journal", "lock"]);
  }));

test("ShardStore finishes what a run that was killed had begun, also if nothing is left to fetch", () =>
  inFolder(async (path) => {
    const run = await Run.open(path);
    await saveSome(run, 9);
    run.kill();
    {
      await using again = await Run.open(path);
      await saveSome(again, 9);
      assertEquals(again.counts, { new: 0, done: 9, duplicate: 0 });
    }
    checkSome(path, 9);
  }));

test("ShardStore gives a shard its name once, if a run was killed between the steps of that", () =>
  inFolder(async (path) => {
    {
      await using run = await Run.open(path);
      await saveSome(run, 9);
    }
    Deno.linkSync(`${path}/00000.tar`, `${path}/.download-stuff/00000.tar.shard`);
    {
      await using again = await Run.open(path);
      await saveSome(again, 12);
      assertEquals(again.counts, { new: 3, done: 9, duplicate: 0 });
    }
    assertEquals(shardsIn(path), ["00000.tar", "00001.tar"]);
    checkSome(path, 12);
  }));

test("ShardStore fetches again what the journal knows and no shard has, and never takes it for there later", () =>
  inFolder(async (path) => {
    const run = await Run.open(path);
    await saveSome(run, 9);
    const { size } = Deno.statSync(`${path}/.download-stuff/00000.tar.shard`);
    await run.save({ url: urlOf(9) }, bodyOf(9));
    run.kill();
    Deno.truncateSync(`${path}/.download-stuff/00000.tar.shard`, size + 100); // as a power cut may leave it
    const second = await Run.open(path);
    await second.save({ url: urlOf(10) }, bodyOf(10)); // longer than what was lost
    second.kill();
    {
      await using again = await Run.open(path);
      await saveSome(again, 11);
      assertEquals(again.counts, { new: 1, done: 10, duplicate: 0 });
    }
    checkSome(path, 11);
  }));

test("ShardStore fetches again what was in a shard that is gone, and uses no number twice", () =>
  inFolder(async (path) => {
    {
      await using run = await Run.open(path, 2_000);
      await saveSome(run, 3);
    }
    assertEquals(shardsIn(path), ["00000.tar", "00001.tar", "00002.tar"]);
    Deno.removeSync(`${path}/00002.tar`);
    {
      await using again = await Run.open(path, 2_000);
      await saveSome(again, 3);
      assertEquals(again.counts, { new: 1, done: 2, duplicate: 0 });
    }
    assertEquals(shardsIn(path), ["00000.tar", "00001.tar", "00003.tar"]);
    checkSome(path, 3);
  }));

test("ShardStore leaves alone what has the name of a shard, and says so where it can't", () =>
  inFolder(async (path) => {
    Deno.writeTextFileSync(`${path}/00000.tar`, "mine");
    const run = await Run.open(path);
    await saveSome(run, 3);
    Deno.writeTextFileSync(`${path}/00001.tar`, "mine, too");
    const failure = await assertRejects(() => run.finish(), CannotWriteError);
    const said = `cannot finish the shard ${path}/00001.tar: something else has that name; move it away`;
    assertEquals(failure.message, said);
    run.kill();
    await assertRejects(() => Run.open(path), CannotWriteError, "something else has that name; move it away");
    assertEquals(Deno.readTextFileSync(`${path}/00000.tar`), "mine");
    assertEquals(Deno.readTextFileSync(`${path}/00001.tar`), "mine, too");
    Deno.removeSync(`${path}/00000.tar`);
    Deno.removeSync(`${path}/00001.tar`);
    {
      await using again = await Run.open(path);
      await saveSome(again, 4);
      assertEquals(again.counts, { new: 1, done: 3, duplicate: 0 });
    }
    checkSome(path, 4);
  }));

test("ShardStore believes no journal that names a shard outside the folder", () =>
  inFolder(async (path) => {
    (await Run.open(`${path}/files`)).kill();
    Deno.writeTextFileSync(`${path}/00000.tar`, "x".repeat(9_999));
    const [key, name] = [new Uint32Array(FINGERPRINT_WORDS), new Uint32Array(2)];
    {
      using journal = new JournalWriter(`${path}/files/.download-stuff/journal`);
      for (const storedName of ["../00000.tar:9", "/etc/passwd:9", "00000.tar", "", "lock:0", "../../00000.tar:0"]) {
        await journal.append({ key, size: 3, naming: "shard", storedName, name });
      }
    }
    {
      await using run = await Run.open(`${path}/files`);
      await saveSome(run, 2);
      assertEquals(run.counts, { new: 2, done: 0, duplicate: 0 });
    }
    checkSome(`${path}/files`, 2);
    Deno.symlinkSync(`${path}/00000.tar`, `${path}/files/.download-stuff/00009.tar.shard`);
    await assertRejects(() => Run.open(`${path}/files`), CannotWriteError, "is a symbolic link, which is not followed");
    assertEquals(Deno.statSync(`${path}/00000.tar`).size, 9_999);
  }));

test("ShardStores of several isolates write shards of their own", () =>
  inFolder(async (path) => {
    {
      await using run = await Run.open(path, 30_000);
      const savers = [run.saver, await Run.saver(path, run.folder), await Run.saver(path, run.folder)];
      await Promise.all(Array.from({ length: 90 }, async (_, n) => {
        const target = run.enter({ url: urlOf(n) });
        assert(target);
        await savers[n % 3].saveBytes(new TextEncoder().encode(bodyOf(n)), target);
      }));
      for (const saver of savers.slice(1)) saver[Symbol.dispose](); // as a worker ends: without having finished
    }
    checkSome(path, 90);
    assertEquals(left(path), ["journal", "lock"]);
  }));

test("an output folder has files of its own, or shards: what the others have doesn't count as there", () =>
  inFolder(async (path) => {
    {
      await using run = await Run.open(path);
      await saveSome(run, 3);
    }
    {
      using folder = await OutputFolder.open(path);
      using saver = new Saver(path, { names: folder.names.shared });
      const entry = folder.enter({ url: urlOf(1) });
      assert(entry.state === "new");
      await saver.saveBytes(new TextEncoder().encode(bodyOf(1)), { ...entry, key: urlOf(1) });
    }
    assertEquals(Deno.readTextFileSync(`${path}/1.txt`), bodyOf(1));
    Deno.removeSync(`${path}/1.txt`);
    {
      await using again = await Run.open(path);
      await saveSome(again, 4);
      assertEquals(again.counts, { new: 1, done: 3, duplicate: 0 });
    }
    checkSome(path, 4);
  }));

test("OutputFolder that is only looked at leaves shards as they are", () =>
  inFolder(async (path) => {
    const run = await Run.open(path);
    await saveSome(run, 3);
    run.kill();
    const shard = `${path}/.download-stuff/00000.tar.shard`;
    Deno.writeFileSync(shard, new Uint8Array(100), { append: true });
    const { size } = Deno.statSync(shard);
    {
      using folder = await OutputFolder.open(path, { readOnly: true, shards: { format: "tar", bytes: SIZE } });
      assertEquals(folder.enter({ url: urlOf(1) }), { state: "done", file: "00000.tar", bytes: bodyOf(1).length });
      assertEquals(folder.enter({ url: urlOf(5) }), { state: "new", file: "5.txt", naming: "plain" });
    }
    assertEquals(Deno.statSync(shard).size, size);
  }));
