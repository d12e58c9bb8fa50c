import { assertEquals, assertThrows } from "@std/assert";
import { CannotWriteError } from "../lib/cannot_write_error.ts";
import { type JournalRecord, JournalWriter, readJournal } from "../lib/journal.ts";
import { testNeeding } from "./needs.ts";

const test = await testNeeding("read", "write");

function record(i: number, serverName = ""): JournalRecord {
  return {
    key: Uint32Array.of(i, 0xffffffff, i * 7),
    size: i * 2 ** 33 + i,
    naming: serverName ? "server" : i % 2 ? "plain" : "distinct",
    serverName,
    name: Uint32Array.of(i, 5),
  };
}

function write(path: string, records: JournalRecord[]): void {
  using journal = new JournalWriter(path);
  for (const each of records) journal.append(each);
}

function read(path: string): JournalRecord[] {
  const records: JournalRecord[] = [];
  readJournal(path, ({ key, size, naming, serverName, name }) => {
    records.push({ key: key.slice(), size, naming, serverName, name: name.slice() });
  });
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
    for (const { serverName } of records) {
      ends.push((ends.at(-1) ?? 0) + 32 + new TextEncoder().encode(serverName).length);
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

test("readJournal() passes over what is zeroed or changed", () => {
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
