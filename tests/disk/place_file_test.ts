import { assertEquals, assertThrows } from "@std/assert";
import { type FileSystem, placeFile } from "../../lib/disk/place_file.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

/** What a system says of a file, with the code that Deno gives it. */
const refused = (code: string) => Object.assign(new Deno.errors.PermissionDenied(code), { code });

interface Refusing extends FileSystem {
  /** What was asked for, in order. */
  asked: string[];
}

/** A system that refuses to rename and to link the first `times` times. */
function refusing(os: FileSystem["os"], { times, code }: { times: number; code: string }): Refusing {
  const asked: string[] = [];
  const maybe = (what: string, work: () => void) => {
    asked.push(what);
    if (times-- > 0) throw refused(code);
    work();
  };
  return {
    os,
    asked,
    rename: (from, to) => maybe("rename", () => Deno.renameSync(from, to)),
    link: (from, to) => maybe("link", () => Deno.linkSync(from, to)),
    remove: Deno.removeSync,
    sleep: (ms) => void asked.push(`${ms} ms`),
  };
}

async function inFolder(work: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    Deno.writeTextFileSync(`${folder}/from`, "new");
    work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const code of ["EACCES", "EPERM", "EBUSY"]) {
  test(`placeFile() tries again on Windows while another program has the file open (${code})`, () =>
    inFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/to`, "old");
      const fs = refusing("windows", { times: 2, code });
      assertEquals(placeFile(`${folder}/from`, { folder, file: "to", replaces: true }, fs), true);
      assertEquals(fs.asked, ["rename", "10 ms", "rename", "20 ms", "rename"]);
      assertEquals(Deno.readTextFileSync(`${folder}/to`), "new");
    }));
}

test("placeFile() gives up on Windows after a second, and says what the system said", () =>
  inFolder((folder) => {
    const fs = refusing("windows", { times: Infinity, code: "EACCES" });
    const place = { folder, file: "to", replaces: true };
    assertThrows(() => placeFile(`${folder}/from`, place, fs), Deno.errors.PermissionDenied, "EACCES");
    const waits = fs.asked.filter((each) => each.endsWith(" ms")).map(parseFloat);
    assertEquals([waits.reduce((a, b) => a + b), fs.asked.length], [1_000, 15]);
  }));

test("placeFile() finds a name taken that is a folder's, although Windows only says that it refuses", () =>
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/to`);
    const fs = refusing("windows", { times: Infinity, code: "EACCES" });
    assertEquals(placeFile(`${folder}/from`, { folder, file: "to", replaces: true }, fs), false);
    assertEquals(fs.asked, ["rename"]);
    assertEquals(Deno.readTextFileSync(`${folder}/from`), "new");
  }));

for (const os of ["linux", "darwin"] as const) {
  test(`placeFile() doesn't wait on ${os}, where an open file can be renamed`, () =>
    inFolder((folder) => {
      const fs = refusing(os, { times: 1, code: "EACCES" });
      const place = { folder, file: "to", replaces: true };
      assertThrows(() => placeFile(`${folder}/from`, place, fs), Deno.errors.PermissionDenied);
      assertEquals(fs.asked, ["rename"]);
    }));
}

for (const os of ["linux", "darwin", "windows"] as const) {
  test(`placeFile() replaces nothing on ${os} that it may not, also where there are no links`, () =>
    inFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/to`, "old");
      const place = { folder, file: "to", replaces: false };
      const noLinks = {
        ...refusing(os, { times: 0, code: "" }),
        link: () => {
          throw refused("EPERM");
        },
      };
      assertEquals(placeFile(`${folder}/from`, place, noLinks), false);
      assertEquals(Deno.readTextFileSync(`${folder}/to`), "old");
      assertEquals(placeFile(`${folder}/from`, { ...place, file: "a/free" }, noLinks), true);
      assertEquals(Deno.readTextFileSync(`${folder}/a/free`), "new");
    }));
}
