import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { KEEP_PARTIAL_FROM } from "../../constants.ts";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { foldName } from "../../lib/disk/claimed_names.ts";
import { fingerprint, FINGERPRINT_WORDS } from "../../lib/disk/fingerprint.ts";
import { type JournalRecord, readJournal } from "../../lib/disk/journal.ts";
import { OutputFolder } from "../../lib/disk/output_folder.ts";
import type { Resumable } from "../../lib/disk/resume.ts";
import { type Saved, SaveError, Saver, type SaveTarget } from "../../lib/disk/save.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write", "run", "sys");

interface Place {
  path: string;
  folder: OutputFolder;
  saver: Saver;
}

async function withSaver(test: (place: Place) => Promise<void>, path?: string): Promise<void> {
  const own = path ?? await Deno.makeTempDir();
  try {
    using folder = await OutputFolder.open(own);
    using saver = new Saver(own, { names: folder.names.shared });
    await test({ path: own, folder, saver });
  } finally {
    if (path === undefined) await Deno.remove(own, { recursive: true });
  }
}

const url = "http://a/1.bin";

function target(more: Partial<SaveTarget> = {}): SaveTarget {
  return { key: url, file: "1.bin", naming: "plain", ...more };
}

/** A stream of these chunks that then ends, or breaks with `error`. */
function streamOf(chunks: Uint8Array[], error?: Error): ReadableStream<Uint8Array> {
  const rest = chunks.values();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = rest.next();
      if (!done) controller.enqueue(value);
      else if (error) controller.error(error);
      else controller.close();
    },
  });
}

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * seed >> 8 ^ i * seed);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes))).toHex();
}

/** Everything in a folder but the journal and the lock. */
function leftIn(path: string): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) found.push(...leftIn(`${path}/${name}`).map((each) => `${name}/${each}`));
    else if (name !== "journal" && name !== "lock") found.push(name);
  }
  return found.sort();
}

test("Saver saves bodies of any size, in memory or as they come, and hashes them if asked", async () => {
  for (const body of [new Uint8Array(), bytesOf(1), bytesOf(300_000)]) {
    const digest = await sha256(body);
    const chunks = [body.subarray(0, 100_000), body.subarray(100_000), new Uint8Array()];
    await withSaver(async ({ path, saver, folder }) => {
      using hashing = new Saver(path, { names: folder.names.shared, digest: true });
      const length = body.length;
      const saved = [
        await saver.saveBytes(body, target({ file: "a", length })),
        await saver.saveStream(streamOf(chunks), target({ file: "b" })),
        await saver.saveBytes(body, target({ file: "c", sha256: digest })),
        await hashing.saveStream(streamOf(chunks), target({ file: "d/e/f", length })),
      ];
      assertEquals(saved, [
        { file: "a", size: length },
        { file: "b", size: length },
        { file: "c", size: length, sha256: digest },
        { file: "d/e/f", size: length, sha256: digest },
      ]);
      for (const { file } of saved) assertEquals(Deno.readFileSync(`${path}/${file}`), body);
      assertEquals(leftIn(path), ["a", "b", "c", "d/e/f"]);
    });
  }
});

for (
  const [what, more, kind, message] of [
    ["fewer bytes than announced", { length: 11 }, "truncated", "only 10 of 11 bytes arrived"],
    ["more bytes than announced", { length: 9 }, "protocol", "9"],
    ["other bytes than its SHA-256 says", { sha256: "0".repeat(64) }, "checksum", "not 0000"],
  ] as const
) {
  test(`Saver saves nothing of ${what}`, async () => {
    await withSaver(async ({ path, saver }) => {
      for (
        const save of [
          () => saver.saveBytes(bytesOf(10), target(more)),
          () => saver.saveStream(streamOf([bytesOf(10)]), target(more)),
        ]
      ) {
        const error = await assertRejects(save, SaveError, message as string);
        assertEquals(error.kind, kind);
        assertEquals(leftIn(path), []);
      }
    });
  });
}

test("Saver.saveStream() throws what the body breaks with, and leaves nothing of a small one", async () => {
  await withSaver(async ({ path, saver }) => {
    const broken = new TypeError("reset");
    const validator = { url, ifRange: '"a"', length: 2 * KEEP_PARTIAL_FROM };
    const error = await assertRejects(() => saver.saveStream(streamOf([bytesOf(9)], broken), target({ validator })));
    assertEquals(error, broken);
    assertEquals(leftIn(path), []);
  });
});

/** Pieces of a body that are made in two pieces of memory by turns, each of which is spoilt before it is used again. */
async function* byTurns(body: Uint8Array, size: number, error?: Error): AsyncGenerator<Uint8Array> {
  const memory = [new Uint8Array(size), new Uint8Array(size)];
  for (let at = 0; at < body.length; at += size) {
    const [piece] = memory.reverse();
    piece.fill(0xff);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const bytes = body.subarray(at, at + size);
    piece.set(bytes);
    yield piece.subarray(0, bytes.length);
  }
  if (error) throw error;
}

test("Saver.saveStream() writes a piece while the next is read, if it may", async () => {
  await withSaver(async ({ path, saver }) => {
    const body = bytesOf(1_000_003);
    const more = { overlaps: true, length: body.length, sha256: await sha256(body) };
    await saver.saveStream(byTurns(body, 100_000), target(more));
    assertEquals(Deno.readFileSync(`${path}/1.bin`), body);
    const broken = new TypeError("reset");
    const small = target({ overlaps: true, file: "2.bin" });
    assertEquals(await assertRejects(() => saver.saveStream(byTurns(body, 100_000, broken), small)), broken);
    assertEquals(leftIn(path), ["1.bin"]);
  });
});

test("Saver.saveStream() keeps all of a body that broke off while it was being written", async () => {
  await withSaver(async ({ path, saver }) => {
    const more = { overlaps: true, validator: { url, ifRange: '"a"', length: 2 * KEEP_PARTIAL_FROM } };
    const body = bytesOf(KEEP_PARTIAL_FROM + 100_000);
    await assertRejects(
      () => saver.saveStream(byTurns(body, 100_000, new TypeError("reset")), target(more)),
      TypeError,
    );
    const resumable = await saver.unfinished.find(url, url);
    assert(resumable);
    assertEquals([resumable.bytes, Deno.readFileSync(resumable.path)], [body.length, body]);
    assertEquals(leftIn(path).length, 2);
  });
});

test("Saver.saveStream() cancels a body that it can't save", async () => {
  await withSaver(async ({ saver }) => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytesOf(10)),
      cancel() {
        cancelled = true;
      },
    });
    await assertRejects(() => saver.saveStream(body, target({ length: 15 })), SaveError);
    assertEquals(cancelled, true);
  });
});

test("Saver.saveStream() cancels a body whose file can't even be opened", async () => {
  await withSaver(async ({ path, saver }) => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytesOf(10)),
      cancel() {
        cancelled = true;
      },
    });
    Deno.removeSync(`${path}/.download-stuff`, { recursive: true });
    await assertRejects(() => saver.saveStream(body, target()), CannotWriteError, "cannot save as 1.bin: ");
    assertEquals(cancelled, true);
  });
});

test("Saver saves under another name where a folder has the name, or a file that of the folder", async () => {
  await withSaver(async ({ path, saver }) => {
    Deno.mkdirSync(`${path}/1.bin/x`, { recursive: true });
    Deno.writeTextFileSync(`${path}/f`, "");
    const [one, two] = [
      await saver.saveBytes(bytesOf(1), target()),
      await saver.saveBytes(bytesOf(2), target({ file: "f/x" })),
    ];
    assertMatch(one.file, /^1~[0-9a-z]{12}\.bin$/);
    assertMatch(two.file, /^f_x~[0-9a-z]{12}$/);
    assertEquals(leftIn(path), [one.file, "f", two.file].sort());
  });
});

test("Saver names what can't be saved under its name, and goes on with the next", async () => {
  await withSaver(async ({ path, saver }) => {
    const file = "x".repeat(256);
    const error = await assertRejects(
      () => saver.saveBytes(bytesOf(1), target({ file })),
      SaveError,
      `save as ${file}`,
    );
    assertEquals(error.kind, "write");
    await saver.saveBytes(bytesOf(1), target({ file: "next" }));
    assertEquals(leftIn(path), ["next"]);
  });
});

const half = KEEP_PARTIAL_FROM + 5;
const whole = bytesOf(2 * half, 3);
const validator = { url, ifRange: '"a"', length: whole.length };

/** Breaks off after half of the body. */
async function breakOff(saver: Saver, chunk = whole.subarray(0, half)): Promise<void> {
  const more = { validator, length: whole.length };
  await assertRejects(() => saver.saveStream(streamOf([chunk], new TypeError("reset")), target(more)), TypeError);
}

test("Saver continues a body that broke off, in this run or the next", async () => {
  const digest = await sha256(whole);
  for (const isNext of [false, true]) {
    const path = await Deno.makeTempDir();
    try {
      await withSaver(async ({ saver }) => {
        assertEquals(await saver.unfinished.find(url, url), undefined);
        await breakOff(saver);
        if (!isNext) await finish(saver);
      }, path);
      await withSaver(({ saver }) => isNext ? finish(saver) : Promise.resolve(), path);
      assertEquals(Deno.readFileSync(`${path}/1.bin`), whole);
      assertEquals(leftIn(path), ["1.bin"]);
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  }

  async function finish(saver: Saver): Promise<void> {
    const resumes = await saver.unfinished.find(url, url);
    assertEquals(resumes?.headers, { range: `bytes=${half}-`, "if-range": '"a"' });
    const more = { resumes, validator, length: whole.length, sha256: digest };
    const saved = await saver.saveStream(streamOf([whole.subarray(half)]), target(more));
    assertEquals(saved, { file: "1.bin", size: whole.length, sha256: digest });
    assertEquals(await saver.unfinished.find(url, url, { isRetry: true }), undefined);
  }
});

test("Saver continues a body that breaks off again and again", async () => {
  await withSaver(async ({ path, saver }) => {
    await breakOff(saver);
    for (let at = half; at < whole.length; at += 300_000) {
      const resumes = await saver.unfinished.find(url, url);
      assertEquals(resumes?.bytes, at);
      const rest = whole.subarray(at, at + 300_000);
      const isLast = at + 300_000 >= whole.length;
      const saving = saver.saveStream(
        streamOf([rest], isLast ? undefined : new TypeError("reset")),
        target({ resumes, length: whole.length }),
      );
      if (isLast) await saving;
      else await assertRejects(() => saving, TypeError);
    }
    assertEquals(Deno.readFileSync(`${path}/1.bin`), whole);
  });
});

test("Saver starts a body over that has another version now", async () => {
  await withSaver(async ({ path, saver }) => {
    await breakOff(saver);
    const other = bytesOf(half + 3, 7);
    const changed = { url, ifRange: '"b"', length: other.length };
    const more = { validator: changed, length: other.length };
    const chunks = [other.subarray(0, half)];
    await assertRejects(() => saver.saveStream(streamOf(chunks, new TypeError("reset")), target(more)), TypeError);
    assertEquals((await saver.unfinished.find(url, url))?.ifRange, '"b"');
    await saver.saveStream(streamOf([other]), target(more));
    assertEquals(Deno.readFileSync(`${path}/1.bin`), other);
    assertEquals(leftIn(path), ["1.bin"]);
  });
});

test("Saver forgets an unfinished body when told to, and when its SHA-256 proves wrong", async () => {
  await withSaver(async ({ path, saver }) => {
    await breakOff(saver);
    const resumable = await saver.unfinished.find(url, url);
    assert(resumable);
    saver.unfinished.forget(resumable.path);
    assertEquals([await saver.unfinished.find(url, url, { isRetry: true }), leftIn(path)], [undefined, []]);

    await breakOff(saver);
    const more = { resumes: await saver.unfinished.find(url, url), length: whole.length, sha256: await sha256(whole) };
    const wrong = streamOf([bytesOf(half, 9)]);
    assertEquals((await assertRejects(() => saver.saveStream(wrong, target(more)), SaveError)).kind, "checksum");
    assertEquals(leftIn(path), []);
  });
});

/** Breaks off in a run of its own, damages what it left, and returns what the next run would go on with. */
async function damaged(damage: (files: { part: string; json: string }) => void, { key = url } = {}) {
  const path = await Deno.makeTempDir();
  try {
    await withSaver(({ saver }) => breakOff(saver), path);
    const [json, part] = leftIn(path).map((name) => `${path}/${name}`);
    assert(part.endsWith(".part") && json.endsWith(".json"));
    damage({ part, json });
    let found: Resumable | undefined;
    await withSaver(async ({ saver }) => {
      found = await saver.unfinished.find(url, key);
      if (found) assertEquals(Deno.readFileSync(part).subarray(0, found.bytes), whole.subarray(0, found.bytes));
    }, path);
    return { found, left: leftIn(path) };
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

test("Saver forgets what has no description that it wrote itself, and doesn't fail by it", async () => {
  const json = (text: string) => ({ json }: { json: string }) => Deno.writeTextFileSync(json, text);
  const edited = (from: string, to: string) => ({ json }: { json: string }) => {
    const text = Deno.readTextFileSync(json);
    assert(text.includes(from));
    Deno.writeTextFileSync(json, text.replace(from, to));
  };
  const torn = ({ json }: { json: string }) => Deno.truncateSync(json, 20);
  const gone = ({ json }: { json: string }) => Deno.removeSync(json);
  for (
    const damage of [
      ...["", "null", "3", "[]", "{}", '"x"', '{"url":"htt', '{"url":null,"ifRange":3}', "null null"].map(json),
      ...[edited('\\"a\\"', '\\"b\\"'), edited("1.bin", "2.bin"), edited(`${whole.length}`, `${whole.length + 1}`)],
      ...[torn, gone],
    ]
  ) {
    assertEquals(await damaged(damage), { found: undefined, left: [] });
  }
  const { found, left } = await damaged(() => {}, { key: `${url}\nother` });
  assertEquals([found, left.length], [undefined, 2], "what is another's is let be");
});

test("Saver continues only as far as the bytes are those that were written", async () => {
  const part = (change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) => ({ part }: { part: string }) =>
    Deno.writeFileSync(part, change(Deno.readFileSync(part)));
  const flip = (at: number) =>
    part((bytes) => {
      bytes[at] ^= 16;
      return bytes;
    });
  const bytesAfter = async (damage: Parameters<typeof damaged>[0]) => (await damaged(damage)).found?.bytes;
  assertEquals(await bytesAfter(() => {}), half);
  assertEquals(await bytesAfter(part(() => new Uint8Array())), undefined);
  assertEquals(await bytesAfter(flip(100)), undefined);
  assertEquals(await bytesAfter(flip(half - 1)), undefined, "the one block that there is");
  assertEquals(await bytesAfter(part((bytes) => bytes.slice(0, half - 1))), undefined);
  assertEquals(await bytesAfter(part(() => bytesOf(half, 5) as Uint8Array<ArrayBuffer>)), undefined);
  assertEquals(await bytesAfter(part((bytes) => new Uint8Array([...bytes.subarray(0, 9), ...bytes]))), undefined);
  assertEquals(
    await bytesAfter(({ part }) => {
      using file = Deno.openSync(part, { append: true });
      file.writeSync(bytesOf(1_000));
    }),
    half,
  );
});

test("Saver continues behind the last block that is right, and describes what it adds", async () => {
  const path = await Deno.makeTempDir();
  const large = bytesOf(5 * 2 ** 20 + 7, 11);
  const more = { validator: { url, ifRange: '"a"', length: large.length + 1 }, length: large.length + 1 };
  const breakOffAt = (saver: Saver, to: number, resumes?: Resumable) => {
    const chunks: Uint8Array[] = [];
    for (let at = resumes?.bytes ?? 0; at < to; at += 99_991) {
      chunks.push(large.subarray(at, Math.min(at + 99_991, to)));
    }
    const body = streamOf(chunks, new TypeError("reset"));
    return assertRejects(() => saver.saveStream(body, target({ ...more, resumes })), TypeError);
  };
  try {
    await withSaver(async ({ saver }) => {
      await breakOffAt(saver, 2_500_000);
      await breakOffAt(saver, large.length, await saver.unfinished.find(url, url));
      assertEquals((await saver.unfinished.find(url, url))?.bytes, large.length);
    }, path);
    const part = `${path}/${leftIn(path)[1]}`;
    const bytes = Deno.readFileSync(part);
    bytes[3_700_000] ^= 1;
    Deno.writeFileSync(part, bytes);
    await withSaver(async ({ saver }) => {
      const found = await saver.unfinished.find(url, url);
      assert(found && found.bytes > 2_400_000 && found.bytes <= 3_700_000, `${found?.bytes}`);
      await breakOffAt(saver, large.length, found);
    }, path);
    await withSaver(async ({ saver }) => {
      assertEquals((await saver.unfinished.find(url, url))?.bytes, large.length);
      assertEquals(Deno.readFileSync(part), large);
    }, path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

test("Saver doesn't write to an unfinished body that has become a file", async () => {
  await withSaver(async ({ path, saver }) => {
    await breakOff(saver);
    const part = `${path}/${leftIn(path)[1]}`;
    Deno.linkSync(part, `${path}/1.bin`);
    assertEquals(await saver.unfinished.find(url, url), undefined);
    assertEquals(leftIn(path), ["1.bin"]);
  });
});

test("Saver lets workers that share a folder take different names from servers that give the same", async () => {
  await withSaver(async ({ path, folder, saver }) => {
    using other = new Saver(path, { names: folder.names.shared });
    const named = (
      i: number,
    ) => ({ key: `http://a/${i}`, file: `${i}`, naming: "plain", serverName: "r.pdf" } as const);
    const saved = await Promise.all([1, 2, 3, 4].map((i) => [saver, other][i % 2].saveBytes(bytesOf(i), named(i))));
    assertEquals(new Set(saved.map(({ file }) => file)).size, 4);
    assertEquals(leftIn(path).length, 4);
    assertEquals(leftIn(path).filter((name) => name === "r.pdf").length, 1);
  });
});

/** What stands in place of a function for the time of a test. */
async function withPatched<T, K extends keyof T>(at: T, name: K, by: (own: T[K]) => T[K], test: () => Promise<void>) {
  const own = at[name];
  at[name] = by(own);
  try {
    await test();
  } finally {
    at[name] = own;
  }
}

/** Bodies that are complete in the same turn: in memory, streamed, streamed with a validator, in folders, with names of servers. */
function savedAtOnce(saver: Saver): Promise<Saved>[] {
  return Array.from({ length: 25 }, (_, i) => {
    const body = bytesOf(100 + i);
    const to = target({ key: `http://a/${i}`, file: i % 3 ? `${i}` : `d/${i}`, length: body.length });
    if (i % 5 === 4) to.serverName = "r.pdf";
    return i % 4 === 1 ? saver.saveStream(streamOf([body]), to) : saver.saveBytes(body, to);
  });
}

for (const hadFiles of [false, true]) {
  const where = hadFiles ? "a folder that has files of others" : "a folder of its own";
  test(`Saver gives no file its name in ${where} before the journal has the record of it`, async () => {
    const path = await Deno.makeTempDir();
    if (hadFiles) Deno.writeTextFileSync(`${path}/1`, "of others");
    let given = 0;
    const check = (from: string, to: string) => {
      if (to.startsWith(`${path}/.download-stuff/`)) return;
      const { size } = Deno.statSync(from);
      const file = to.slice(path.length + 1);
      const name = new Uint32Array(FINGERPRINT_WORDS);
      fingerprint(foldName(file), name);
      let has = 0;
      const each = (record: JournalRecord) => {
        if (record.size === size && record.name[0] === name[0] && record.name[1] === name[1]) has++;
      };
      for (const _ of readJournal(`${path}/.download-stuff/journal`, each));
      assertEquals(has, 1, `no record of ${file}`);
      given++;
    };
    type Move = (from: string, to: string) => void;
    const checked = (own: Move): Move => (from, to) => {
      check(from, to);
      own(from, to);
    };
    try {
      await withSaver(async ({ saver }) => {
        await withPatched(
          Deno as { renameSync: Move },
          "renameSync",
          checked,
          () =>
            withPatched(Deno, "linkSync", checked, async () => {
              const saved = await Promise.all(savedAtOnce(saver));
              assertEquals(new Set(saved.map(({ file }) => file)).size, 25);
              for (const [i, { file }] of saved.entries()) {
                assertEquals(Deno.readFileSync(`${path}/${file}`), bytesOf(100 + i));
              }
            }),
        );
        assert(given >= 25);
      }, path);
      if (hadFiles) assertEquals(Deno.readTextFileSync(`${path}/1`), "of others");
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  });
}

test("Saver saves none of the files whose records can't be written together, and leaves nothing of them", async () => {
  await withSaver(async ({ path, saver }) => {
    let cuts = 0;
    const isJournal = (bytes: Uint8Array) => bytes.length % 32 === 0 && bytes.length >= 96 && bytes[22] < 3;
    await withPatched(Deno.FsFile.prototype, "writeSync", (own) =>
      function (this: Deno.FsFile, bytes: Uint8Array) {
        return isJournal(bytes) ? own.call(this, bytes.subarray(0, 32 + 5 * ++cuts)) : own.call(this, bytes);
      }, async () => {
      const saved = await Promise.allSettled(
        [1, 2, 3, 4, 5].map((i) => saver.saveBytes(bytesOf(100), target({ key: `${i}`, file: `${i}` }))),
      );
      assertEquals(cuts, 1);
      for (const each of saved) {
        assert(each.status === "rejected");
        assertInstanceOf(each.reason, CannotWriteError);
        assertMatch(each.reason.message, /^cannot write to the journal .*: no space left$/);
      }
    });
    assertEquals(leftIn(path), []);
    await saver.saveBytes(bytesOf(3), target());
    assertEquals(leftIn(path), ["1.bin"]);
  });
});

test("Saver ends the run when the disk is full, and leaves no half file", async (t) => {
  const leaveOut = (why: string) => t.step({ name: `left out: ${why}`, ignore: true, fn() {} });
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return void await leaveOut("only root may mount a small disk");
  const path = await Deno.makeTempDir();
  const mount = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path] }).output();
  if (!mount.success) {
    await Deno.remove(path);
    return void await leaveOut("this machine doesn't let root mount");
  }
  try {
    await withSaver(async ({ saver }) => {
      const big = bytesOf(300_000);
      for (
        const save of [
          () => saver.saveBytes(big, target({ file: "big" })),
          () => saver.saveStream(streamOf([big.subarray(0, 200_000), big]), target({ file: "big" })),
          () =>
            saver.saveStream(streamOf([big.subarray(0, 200_000), big, big]), target({ file: "big", overlaps: true })),
          () => saver.saveStream(streamOf([big], new TypeError("reset")), target({ file: "big", overlaps: true })),
        ]
      ) {
        const error = await assertRejects(save, CannotWriteError, "cannot save as big: No space left on device");
        assertInstanceOf(error.cause, Error);
        assertEquals(leftIn(path), []);
      }
      let saved = 0;
      await assertRejects(async () => {
        while (true) await saver.saveBytes(bytesOf(10_000), target({ key: `${saved}`, file: `${saved++}` }));
      }, CannotWriteError);
      for (let i = 0; i < saved - 1; i++) assertEquals(Deno.statSync(`${path}/${i}`).size, 10_000);
      assertEquals(leftIn(path).length, saved - 1);
      Deno.removeSync(`${path}/0`);
      Deno.removeSync(`${path}/1`);
      const atOnce = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) => saver.saveBytes(bytesOf(10_000), target({ key: `n${i}`, file: `n${i}` }))),
      );
      const names = atOnce.flatMap((each) => each.status === "fulfilled" ? [each.value.file] : []);
      for (const each of atOnce) if (each.status === "rejected") assertInstanceOf(each.reason, CannotWriteError);
      assert(names.length < 8);
      for (const name of names) assertEquals(Deno.statSync(`${path}/${name}`).size, 10_000);
      assertEquals(leftIn(path).length, saved - 3 + names.length);
    }, path);
  } finally {
    await new Deno.Command("umount", { args: [path] }).output();
    await Deno.remove(path);
  }
});
