import { assert, assertEquals, assertRejects } from "@std/assert";
import { CannotWriteError } from "../lib/cannot_write_error.ts";
import type { Download } from "../lib/download.ts";
import { downloadKey, type Entry, OutputFolder } from "../lib/output_folder.ts";
import { Saver } from "../lib/save.ts";
import { testNeeding } from "./needs.ts";

const test = await testNeeding("read", "write", "run");

async function withFolder(test: (path: string) => Promise<void> | void): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await test(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** Enters the downloads and saves those that are new, in the order of `order`. */
async function run(
  path: string,
  downloads: Download[],
  { order = downloads.map((_, i) => i), serverName }: { order?: number[]; serverName?: string } = {},
): Promise<Entry[]> {
  using folder = await OutputFolder.open(path);
  using saver = new Saver(path, { names: folder.names.shared });
  const entries = downloads.map((download) => folder.enter(download));
  for (const i of order) {
    const entry = entries[i];
    if (entry.state !== "new") continue;
    const body = new TextEncoder().encode(downloads[i].url);
    await saver.saveBytes(body, { ...entry, key: downloadKey(downloads[i]), serverName });
  }
  return entries;
}

function files(path: string): Record<string, string> {
  const found = [...Deno.readDirSync(path)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
  return Object.fromEntries(found.map((name) => [name, Deno.readTextFileSync(`${path}/${name}`)]));
}

const same = ["http://a/x/i.html", "http://b/i.html", "http://a/I.HTML", "http://a/2.bin"].map((url) => ({ url }));

test("OutputFolder.enter() knows duplicates, with fragments or not, but not those of another name", () => {
  return withFolder(async (path) => {
    using folder = await OutputFolder.open(path);
    const state = (download: Download) => folder.enter(download).state;
    assertEquals(state({ url: "http://a/1" }), "new");
    assertEquals(state({ url: "http://a/1" }), "duplicate");
    assertEquals(state({ url: "http://a/1#x" }), "duplicate");
    assertEquals(state({ url: "http://a/1", name: "b" }), "new");
    assertEquals(state({ url: "http://a/1", name: "b" }), "duplicate");
  });
});

test("OutputFolder gives the same names whatever order downloads end in, and after any interruption", () => {
  return withFolder(async (path) => {
    await run(path, same);
    const names = files(path);
    assertEquals(Object.keys(names).length, 4);
    assertEquals(names["i.html"], "http://a/x/i.html");
    for (const order of [[3, 2, 1, 0], [1], [2, 1], []]) {
      const other = await Deno.makeTempDir({ dir: path });
      await run(other, same, { order });
      await run(other, same, { order: [1, 0, 3, 2] });
      assertEquals(files(other), names);
    }
  });
});

test("OutputFolder skips what is there, in whatever list, and fetches what isn't or has another size", () => {
  return withFolder(async (path) => {
    await run(path, same);
    const names = files(path);
    const again = await run(path, same.toReversed());
    assertEquals(again.map(({ state }) => state), ["done", "done", "done", "done"]);
    Deno.removeSync(`${path}/i.html`);
    Deno.truncateSync(`${path}/2.bin`);
    assertEquals((await run(path, same)).map(({ state }) => state), ["new", "done", "done", "new"]);
    assertEquals(files(path), names);
  });
});

test("OutputFolder keeps a name for the URL that has it when only others are in the list", () => {
  return withFolder(async (path) => {
    await run(path, same.slice(0, 1));
    await run(path, same.slice(1, 2));
    assertEquals(files(path)["i.html"], "http://a/x/i.html");
    assertEquals(Object.keys(files(path)).length, 2);
  });
});

test("OutputFolder never writes over a file it doesn't know", () => {
  return withFolder(async (path) => {
    Deno.writeTextFileSync(`${path}/i.html`, "mine");
    Deno.mkdirSync(`${path}/2.bin`);
    await run(path, same);
    assertEquals(files(path)["i.html"], "mine");
    assertEquals(Object.keys(files(path)).length, 5);
    assertEquals((await run(path, same)).map(({ state }) => state), ["done", "done", "done", "done"]);
  });
});

test("OutputFolder skips what the server named, as long as it is there", () => {
  return withFolder(async (path) => {
    Deno.writeTextFileSync(`${path}/mine.pdf`, "mine");
    const downloads = same.slice(0, 2);
    await run(path, downloads, { serverName: "r.pdf" });
    const names = files(path);
    assertEquals([names["r.pdf"], Object.keys(names).length], ["http://a/x/i.html", 3]);
    assertEquals((await run(path, downloads)).map(({ state }) => state), ["done", "done"]);
    Deno.removeSync(`${path}/r.pdf`);
    assertEquals((await run(path, downloads, { serverName: "r.pdf" })).map(({ state }) => state), ["new", "done"]);
    assertEquals(files(path), names);
    await run(path, [{ url: "http://c/1" }], { serverName: "mine.pdf" });
    assertEquals(files(path)["mine.pdf"], "mine");
  });
});

test("OutputFolder believes no record whose file isn't there, and keeps its name for it", () => {
  return withFolder(async (path) => {
    await run(path, same);
    const names = files(path);
    for (const name of Object.keys(names)) Deno.removeSync(`${path}/${name}`);
    assertEquals((await run(path, same.toReversed())).every(({ state }) => state === "new"), true);
    assertEquals(files(path), names);
  });
});

test("OutputFolder clears away temporary files that a killed run left", () => {
  return withFolder(async (path) => {
    (await OutputFolder.open(path))[Symbol.dispose]();
    Deno.writeTextFileSync(`${path}/.download-stuff/1-2.tmp`, "half");
    (await OutputFolder.open(path))[Symbol.dispose]();
    assertEquals([...Deno.readDirSync(`${path}/.download-stuff`)].map(({ name }) => name), ["lock"]);
  });
});

test("OutputFolder is open once at a time", () => {
  return withFolder(async (path) => {
    const first = await OutputFolder.open(path);
    await assertRejects(() => OutputFolder.open(path), CannotWriteError, `another run is saving to ${path}`);
    first[Symbol.dispose]();
    (await OutputFolder.open(path))[Symbol.dispose]();
  });
});

test("OutputFolder is free again when the process that had it was killed", () => {
  return withFolder(async (path) => {
    const code = `
      import { OutputFolder } from "${new URL("../lib/output_folder.ts", import.meta.url)}";
      const folder = await OutputFolder.open(${JSON.stringify(path)});
      console.log("open");
      setInterval(() => folder, 1000);`;
    const config = new URL("../deno.json", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--config", config, `data:text/javascript,${encodeURIComponent(code)}`],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    assertEquals(new TextDecoder().decode((await reader.read()).value), "open\n");
    await assertRejects(() => OutputFolder.open(path), CannotWriteError, "another run");
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    (await OutputFolder.open(path))[Symbol.dispose]();
  });
});

test("OutputFolder says that a folder can't be written", () => {
  return withFolder(async (path) => {
    Deno.writeTextFileSync(`${path}/file`, "");
    const error = await assertRejects(
      () => OutputFolder.open(`${path}/file`),
      CannotWriteError,
      "cannot write to the folder",
    );
    assert(error.cause instanceof Error);
  });
});
