import { assertEquals, assertThrows } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { LineFile } from "../../lib/report/line_file.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

async function inFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const isThere = (path: string) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};

test("LineFile writes its lines, in place of what was there", () =>
  inFolder((folder) => {
    const path = `${folder}/a`;
    Deno.writeTextFileSync(path, "what was there before, and is longer");
    {
      using file = new LineFile(path);
      for (const line of ["one", "zwölf"]) file.add(line);
    }
    assertEquals(Deno.readTextFileSync(path), "one\nzwölf\n");
  }));

test("LineFile makes a file that nobody else reads", () =>
  inFolder((folder) => {
    using _file = new LineFile(`${folder}/a`);
    if (Deno.build.os !== "windows") assertEquals((Deno.statSync(`${folder}/a`).mode ?? 0) & 0o077, 0);
  }));

test("LineFile can be watched while it is written", () =>
  inFolder(async (folder) => {
    using file = new LineFile(`${folder}/a`);
    const events = Deno.watchFs(folder);
    file.add("one");
    for await (const { kind } of events) if (kind === "modify") break;
    assertEquals(Deno.readTextFileSync(`${folder}/a`), "one\n");
  }));

test("LineFile keeps no more in memory than a little", () =>
  inFolder((folder) => {
    using file = new LineFile(`${folder}/a`);
    for (let n = 0; n < 100; n++) file.add("x".repeat(9_999));
    assertEquals(Deno.statSync(`${folder}/a`).size > 900_000, true);
  }));

test("LineFile leaves what is there until the end when told to", () =>
  inFolder((folder) => {
    const path = `${folder}/a`;
    Deno.writeTextFileSync(path, "before\n");
    {
      using file = new LineFile(path, { atEnd: true });
      file.add("after");
      assertEquals(Deno.readTextFileSync(path), "before\n");
      file.end();
    }
    assertEquals([Deno.readTextFileSync(path), isThere(`${path}.new`)], ["after\n", false]);
  }));

test("LineFile that was to replace what is there, and didn't come to its end, leaves it and nothing beside it", () =>
  inFolder((folder) => {
    const path = `${folder}/a`;
    Deno.writeTextFileSync(path, "before\n");
    {
      using file = new LineFile(path, { atEnd: true });
      file.add("half");
    }
    assertEquals([Deno.readTextFileSync(path), isThere(`${path}.new`)], ["before\n", false]);
  }));

test("LineFile replaces the file that a link leads to, and not the link", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/a`, "before\n");
    Deno.symlinkSync(`${folder}/a`, `${folder}/link`);
    const file = new LineFile(`${folder}/link`, { atEnd: true });
    file.add("after");
    file.end();
    assertEquals([Deno.readTextFileSync(`${folder}/a`), Deno.lstatSync(`${folder}/link`).isSymlink], ["after\n", true]);
  }));

test("LineFile that another run is replacing is left to that run", () =>
  inFolder((folder) => {
    const path = `${folder}/a`;
    Deno.writeTextFileSync(`${path}.new`, "left by a run that was killed, and longer than what comes now");
    const first = new LineFile(path, { atEnd: true });
    const second = () => new LineFile(path, { atEnd: true });
    assertThrows(second, CannotWriteError, `cannot write ${path}: another run is writing it`);
    first.add("first");
    first.end();
    assertEquals(Deno.readTextFileSync(path), "first\n");
    second()[Symbol.dispose]();
  }));

test("LineFile doesn't follow a link that lies where it writes until the end", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/other`, "somebody's");
    Deno.symlinkSync(`${folder}/other`, `${folder}/a.new`);
    const file = new LineFile(`${folder}/a`, { atEnd: true });
    file.add("one");
    file.end();
    assertEquals([`${folder}/a`, `${folder}/other`].map((path) => Deno.readTextFileSync(path)), [
      "one\n",
      "somebody's",
    ]);
  }));

test("LineFile never puts a file in the place of a device", () => {
  if (!isDevice("/dev/null")) return;
  const file = new LineFile("/dev/null", { atEnd: true });
  file.add("one");
  file.end();
  assertEquals([isDevice("/dev/null"), isThere("/dev/null.new")], [true, false]);
});

test("LineFile says what it can't write", () =>
  inFolder((folder) => {
    const open = () => new LineFile(`${folder}/none/a`);
    const error = assertThrows(open, CannotWriteError, `cannot write ${folder}/none/a: No such file or directory`);
    assertEquals(error.exitCode, 3);
  }));

test("LineFile says it when the disk is full, at the latest when it is closed", () => {
  if (!isDevice("/dev/full")) return;
  const file = new LineFile("/dev/full");
  file.add("one");
  assertThrows(() => file[Symbol.dispose](), CannotWriteError, "cannot write /dev/full: No space left on device");
});

function isDevice(path: string): boolean {
  try {
    return Deno.statSync(path).isCharDevice === true;
  } catch {
    return false;
  }
}
