import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/core/errors.ts";
import { checkDistinct, isSameFile } from "../../lib/cli/distinct_files.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

async function inFolder(work: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    Deno.mkdirSync(`${folder}/in`);
    Deno.writeTextFileSync(`${folder}/there`, "");
    work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

test("isSameFile() sees through spelling and links, whether or not the file is there", () =>
  inFolder((folder) => {
    Deno.symlinkSync(`${folder}/there`, `${folder}/symbolic`);
    Deno.linkSync(`${folder}/there`, `${folder}/hard`);
    Deno.symlinkSync(`${folder}/in`, `${folder}/alias`);
    for (
      const [a, b] of [["there", "in/../there"], ["there", "symbolic"], ["hard", "there"], ["new", "./in/../new"], [
        "in/new",
        "alias/new",
      ]]
    ) assertEquals(isSameFile(`${folder}/${a}`, `${folder}/${b}`), true, `${a} ${b}`);
    assertEquals(isSameFile(`${folder}/there`, `${folder}/new`), false);
    assertEquals(isSameFile("/dev/null", "/dev/null"), false);
  }));

test("checkDistinct() names the two flags and the file, and takes those that may be one", () =>
  inFolder((folder) => {
    const [a, b] = [`${folder}/there`, `${folder}/in/../there`];
    const both = [{ flag: "--report", path: a }, { flag: "--html", path: undefined }, { flag: "--failed", path: b }];
    assertThrows(
      () => checkDistinct(both, { except: ["--input", "--failed"] }),
      UsageError,
      `--report and --failed name the same file, ${b}: each needs its own`,
    );
    checkDistinct(both, { except: ["--report", "--failed"] });
    checkDistinct([{ flag: "--report", path: "-" }, { flag: "--input", path: "-" }], { except: [] });
  }));

test("isSameFile() takes names of new files for one that differ in case or composition, where disks usually do", () =>
  inFolder((folder) => {
    for (const [a, b] of [["New.ndjson", "new.ndjson"], ["\u00e9", "e\u0301"], ["stra\u00dfe", "STRASSE"]]) {
      const same = (os: string) => isSameFile(`${folder}/${a}`, `${folder}/${b}`, os);
      assertEquals([same("linux"), same("darwin"), same("windows")], [false, true, true], a);
    }
    assertEquals(isSameFile(`${folder}/there`, `${folder}/new`, "windows"), false);
  }));
