import { assert, assertEquals, assertThrows } from "@std/assert";
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

test("JournalWriter says that it can't be written", () => {
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
