import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UsageError } from "../../lib/core/errors.ts";
import { prepareReport } from "../../lib/report/report_file.ts";
import { testNeeding } from "../helpers/needs.ts";
import { someRecord } from "../helpers/some_summary.ts";

const test = await testNeeding("read", "write", "env", "sys");

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

test("prepareReport() writes nothing yet, and then a page with the machine's conditions", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a report.html`;
    const write = await prepareReport(path);
    assertEquals([...Deno.readDirSync(folder)], []);
    await write({ title: "T", results: [{ about: "x", summary: someRecord() }], conditions: [["Command", "c <d>"]] });
    const page = await Deno.readTextFile(path);
    assertStringIncludes(page, "<dd>c &lt;d&gt;</dd>");
    assertStringIncludes(page, `<dd>${Deno.version.deno}</dd>`);
  }));

test("prepareReport() replaces a file that is there", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.html`;
    await Deno.writeTextFile(path, "old ".repeat(100_000));
    await (await prepareReport(path))({ title: "T", results: [], conditions: [] });
    assert(!(await Deno.readTextFile(path)).includes("old"));
  }));

test("prepareReport() refuses what can't be written to, before any work is done", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assertRejects(() => prepareReport(`${folder}/no/a.html`), UsageError, `there is no folder ${folder}/no`);
    await assertRejects(() => prepareReport(`${folder}/file/a.html`), UsageError, `there is no folder ${folder}/file`);
    await assertRejects(() => prepareReport(folder), UsageError, "that is a folder");
  }));
