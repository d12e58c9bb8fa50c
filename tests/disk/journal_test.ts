import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { JournalReader, type JournalRecord, JournalWriter, readJournal } from "../../lib/disk/journal.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

function record(i: number, storedName = ""): JournalRecord {
  return {
    key: Uint32Array.of(i, 0xffffffff, i * 7),
    size: i * 2 ** 33 + i,
    naming: storedName ? "stored" : i % 2 ? "plain" : "distinct",
    storedName,
    name: Uint32Array.of(i, 5),
  };
}

function write(path: string, records: JournalRecord[]): void {
  using journal = new JournalWriter(path);
  for (const each of records) journal.append(each);
}

function read(path: string): JournalRecord[] {
  const records: JournalRecord[] = [];
  const places: number[] = [];
  const shares = [...readJournal(path, ({ key, size, naming, storedName, name }, at) => {
    records.push({ key: key.slice(), size, naming, storedName, name: name.slice() });
    places.push(at);
  })];
  assert(shares.every((share, i) => share <= 1 && share >= (shares[i - 1] ?? 0)));
  if (records.length === 0) return records;
  using reader = new JournalReader(path);
  for (const [i, at] of places.entries()) if (i % 100 === 0) assertEquals({ ...reader.read(at) }, records[i]);
  return records;
}

function withFile(test: (path: string) => void): void {
  const path = Deno.makeTempFileSync();
  try {
    test(path);
  } finally {
    Deno.removeSync(path);
  }
}

const records = [record(1), record(2, "ü€.txt"), record(0), record(3, "x".repeat(255)), record(5)];

test("readJournal() returns what was appended, over several openings", () => {
  withFile((path) => {
    write(path, records.slice(0, 2));
    write(path, records.slice(2));
    assertEquals(read(path), records);
  });
});

test("readJournal() goes on where it was, also behind a record that was written only partly then", () => {
  withFile((path) => {
    write(path, records);
    const whole = Deno.readFileSync(path);
    const ends: number[] = [0];
    for (const _ of readJournal(path, (_, at) => ends.push(at)));
    for (let cut = 0; cut <= whole.length; cut++) {
      Deno.writeFileSync(path, whole.subarray(0, cut));
      const keys: number[] = [];
      const readOn = (from: number) => {
        const reading = readJournal(path, ({ key }) => keys.push(key[0]), from);
        let each = reading.next();
        while (!each.done) each = reading.next();
        return each.value;
      };
      const at = readOn(0);
      Deno.writeFileSync(path, whole);
      assertEquals(readOn(readOn(at)), readOn(at));
      assertEquals([...new Set(keys)], records.map(({ key }) => key[0]), `cut at ${cut}`);
      Deno.writeFileSync(path, whole.subarray(0, 64)); // another one has taken its place
      assert(readOn(at) <= 64);
    }
  });
});

test("readJournal() returns nothing for a journal that isn't there", () => {
  assertEquals(read("missing/journal"), []);
});

test("readJournal() reads more records than fit into memory at a time", () => {
  withFile((path) => {
    const many = Array.from({ length: 60_000 }, (_, i) => record(i % 1_000, i % 3 ? "" : "a".repeat(i % 97 + 1)));
    write(path, many);
    assertEquals(read(path).length, many.length);
    assertEquals(read(path).at(-1), many.at(-1));
  });
});

test("readJournal() returns all whole records of a journal cut at any byte, also when a next run goes on with it", () => {
  withFile((path) => {
    write(path, records);
    const whole = Deno.readFileSync(path);
    const ends: number[] = [];
    for (const { storedName } of records) {
      ends.push((ends.at(-1) ?? 0) + 32 + new TextEncoder().encode(storedName).length);
    }
    assertEquals(ends.at(-1), whole.length);
    for (let cut = 0; cut < whole.length; cut++) {
      Deno.writeFileSync(path, whole.subarray(0, cut));
      const before = records.slice(0, ends.filter((end) => end <= cut).length);
      assertEquals(read(path), before);
      write(path, [record(8), record(9)]);
      assertEquals(read(path), [...before, record(8), record(9)]);
    }
  });
});

test("readJournal() skips what is zeroed or changed", () => {
  withFile((path) => {
    write(path, records);
    const whole = Deno.readFileSync(path);
    for (let at = 0; at < 32; at++) {
      const broken = whole.slice();
      broken[at] ^= 1 << (at & 7);
      Deno.writeFileSync(path, broken);
      assertEquals(read(path), records.slice(1));
    }
    Deno.writeFileSync(path, whole.fill(0, 0, 32));
    assertEquals(read(path), records.slice(1));
  });
});

const thirty = Array.from({ length: 30 }, (_, i) => record(i));

/** Runs a test with every write to a file cut to as many of its bytes as `each` says. */
async function withWrites(each: (bytes: number) => number, test: () => Promise<void>): Promise<void> {
  const { prototype } = Deno.FsFile;
  const { writeSync } = prototype;
  prototype.writeSync = function (bytes) {
    return writeSync.call(this, bytes.subarray(0, each(bytes.length)));
  };
  try {
    await test();
  } finally {
    prototype.writeSync = writeSync;
  }
}

async function inFile(test: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await test(path);
  } finally {
    await Deno.remove(path);
  }
}

test("JournalWriter writes the records of one turn at once, and says of each that it is written when it is", async () => {
  await inFile(async (path) => {
    const writes: number[] = [];
    await withWrites((bytes) => (writes.push(bytes), bytes), async () => {
      using journal = new JournalWriter(path);
      for (const group of [thirty.slice(0, 20), thirty.slice(20, 21), thirty.slice(21)]) {
        const before = read(path).length;
        let written = 0;
        const appended = group.map((each) =>
          journal.append(each).then(() => {
            assertEquals(read(path).length, before + group.length);
            written++;
          })
        );
        assertEquals(Deno.statSync(path).size, writes.reduce((sum, bytes) => sum + bytes, 0));
        await Promise.resolve();
        await Promise.resolve();
        assertEquals(written, group.length, "more was waited for than a microtask");
        await Promise.all(appended);
      }
    });
    assertEquals(read(path), thirty);
    assertEquals(writes.length, 3);
  });
});

test("JournalWriter adds any number of records in one turn, and those that nobody has waited for when it is closed", async () => {
  await inFile(async (path) => {
    const many = Array.from({ length: 2_000 }, (_, i) => record(i, i % 3 ? "" : `${"x".repeat(250)}${i % 1_000}`));
    const journal = new JournalWriter(path);
    const appended = many.map((each) => journal.append(each));
    journal[Symbol.dispose]();
    assertEquals(read(path), many);
    await Promise.all(appended);
  });
});

test("JournalWriter keeps what a record was when it was added", async () => {
  await inFile(async (path) => {
    using journal = new JournalWriter(path);
    const same = record(1);
    const appended = journal.append(same);
    same.key[0] = same.name[0] = same.size = 9;
    await Promise.all([appended, journal.append(same)]);
    assertEquals(read(path), [record(1), same]);
  });
});

test("JournalWriter says of each record that none of those written with it may be taken for written", async () => {
  await inFile(async (path) => {
    using journal = new JournalWriter(path);
    const append = (some: JournalRecord[]) => Promise.allSettled(some.map((each) => journal.append(each)));
    let room = 3 * 32 + 5;
    await withWrites((bytes) => Math.min(bytes, room), async () => {
      for (const { status, reason } of (await append(thirty.slice(0, 5))) as PromiseRejectedResult[]) {
        assertEquals(status, "rejected");
        assertInstanceOf(reason, CannotWriteError);
        assertEquals(reason.message, `cannot write to the journal ${path}: no space left`);
      }
      room = Infinity;
      assertEquals((await append(thirty.slice(5, 7))).map(({ status }) => status), ["fulfilled", "fulfilled"]);
    });
    // Records without their files say no more than a name, and what is torn is skipped
    assertEquals(read(path), [...thirty.slice(0, 3), ...thirty.slice(5, 7)]);
  });
});

test("JournalWriter says that it can't be written", async () => {
  await inFile(async (path) => {
    using journal = new JournalWriter(path);
    const fail = () => {
      throw new Error("No space left on device");
    };
    await withWrites(fail, async () => {
      const message = `cannot write to the journal ${path}: No space left on device`;
      for (const each of [0, 1].map((i) => journal.append(records[i]))) {
        await assertRejects(() => each, CannotWriteError, message);
      }
    });
    assertEquals(read(path), []);
  });
  assertThrows(
    () => new JournalWriter("missing/journal"),
    CannotWriteError,
    "cannot open the journal missing/journal: ",
  );
});

test("readJournal() finds the records behind, between and before zeros, whatever their places", () => {
  withFile((path) => {
    for (const zeros of [1, 31, 32, 33, 100, 4_097, 3_000_000]) {
      write(path, records);
      Deno.truncateSync(path, Deno.statSync(path).size + zeros);
      write(path, records);
      assertEquals(read(path), [...records, ...records], `${zeros} zeros`);
      Deno.truncateSync(path);
    }
  });
});

test("readJournal() finds the records behind bytes that are none", () => {
  withFile((path) => {
    const noise = Uint8Array.from({ length: 100_003 }, (_, i) => i * i >> 3 ^ i * 7);
    Deno.writeFileSync(path, noise);
    write(path, records);
    assertEquals(read(path), records);
  });
});

test("JournalReader.read() says that there is no record", () => {
  withFile((path) => {
    write(path, records);
    using reader = new JournalReader(path);
    assertEquals([1, 40, 5_000].map((at) => reader.read(at)), [undefined, undefined, undefined]);
  });
});
