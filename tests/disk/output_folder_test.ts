import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import type { Download } from "../../lib/core/download.ts";
import { distinctName } from "../../lib/disk/file_name.ts";
import { fingerprint } from "../../lib/disk/fingerprint.ts";
import { JournalWriter } from "../../lib/disk/journal.ts";
import { downloadKey, type Entry, OutputFolder } from "../../lib/disk/output_folder.ts";
import { Saver } from "../../lib/disk/save.ts";
import { testNeeding } from "../helpers/needs.ts";

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
  { order = downloads.map((_, i) => i), serverName }: { order?: number[]; serverName?: string | string[] } = {},
): Promise<Entry[]> {
  using folder = await OutputFolder.open(path);
  using saver = new Saver(path, { names: folder.names.shared });
  const entries = downloads.map((download) => folder.enter(download));
  for (const i of order) {
    const entry = entries[i];
    if (entry.state !== "new") continue;
    const body = new TextEncoder().encode(downloads[i].url);
    const given = Array.isArray(serverName) ? serverName[i] : serverName;
    await saver.saveBytes(body, { ...entry, key: downloadKey(downloads[i]), serverName: given });
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
      import { OutputFolder } from "${new URL("../../lib/disk/output_folder.ts", import.meta.url)}";
      const folder = await OutputFolder.open(${JSON.stringify(path)});
      console.log("open");
      setInterval(() => folder, 1000);`;
    const config = new URL("../../deno.json", import.meta.url).pathname;
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

/** The ending that a URL gives to names that are taken. */
const ending = (url: string) => distinctName("", url);

test("OutputFolder gives a name with an ending once, whoever has it already", () => {
  return withFolder(async (path) => {
    const [a, b] = [{ url: "http://a/i.html" }, { url: "http://b/i.html" }];
    const taken = `i${ending(b.url)}.html`;
    // Listed by that very name
    const entries = await run(path, [a, { url: "http://c/", name: taken }, b]);
    assertEquals(entries.map((entry) => entry.state), ["new", "new", "new"]);
    const names = files(path);
    assertEquals([names["i.html"], names[taken]], [a.url, "http://c/"]);
    assertEquals(Object.values(names).sort(), [a.url, b.url, "http://c/"]);
    const again = await run(path, [b, a, { url: "http://c/", name: taken }]);
    assertEquals(again.map((entry) => entry.state), ["done", "done", "done"]);
    assertEquals(files(path), names);
  });
});

test("OutputFolder loses no file when .download-stuff is deleted, whatever was done to the files", () => {
  return withFolder(async (path) => {
    await run(path, same);
    const names = Object.keys(files(path));
    for (let times = 1; times <= 3; times++) {
      for (const name of names) Deno.writeTextFileSync(`${path}/${name}`, `edited ${name}`);
      Deno.removeSync(`${path}/.download-stuff`, { recursive: true });
      await run(path, same);
      const now = files(path);
      for (const name of names) assertEquals(now[name], `edited ${name}`);
      assertEquals(Object.keys(now).length, same.length * (times + 1));
      assertEquals((await run(path, same)).map(({ state }) => state), ["done", "done", "done", "done"]);
      assertEquals(files(path), now);
      names.splice(0, names.length, ...Object.keys(now));
    }
  });
});

test("OutputFolder takes names for one that differ only in case or in how they are composed", () => {
  return withFolder(async (path) => {
    const pairs = [["Ä.txt", "ä.txt"], ["\u00e9.txt", "e\u0301.txt"], ["ſ.txt", "S.txt"], ["ΟΔΟΣ", "οδοσ"], [
      "straße",
      "STRASSE",
    ], [
      "K",
      "\u212a",
    ]];
    const downloads = pairs.flat().map((name, i) => ({ url: `http://a/${i}`, name }));
    await run(path, downloads);
    assertEquals(Object.values(files(path)).sort(), downloads.map(({ url }) => url).sort());
    const folded = Object.keys(files(path)).map((name) => name.normalize("NFC").toUpperCase().toLowerCase());
    assertEquals(new Set(folded).size, downloads.length);
  });
});

for (
  const [what, names] of [
    ["a file and a folder", ["a", "a/b", "a/c/d", "A/e"]],
    ["a folder and a file", ["a/b", "a", "a/c/d", "a/c"]],
    ["a file and a folder, deeper", ["x/a", "x/a/b", "x"]],
  ] as const
) {
  test(`OutputFolder saves all of a list in which a name is that of ${what}, and knows them again`, () => {
    return withFolder(async (path) => {
      const downloads = names.map((name, i) => ({ url: `http://a/${i}`, name }));
      const entries = await run(path, downloads);
      const saved = entries.map((entry) =>
        "file" in entry ? Deno.readTextFileSync(`${path}/${entry.file}`) : entry.state
      );
      assertEquals(saved, downloads.map(({ url }) => url));
      const again = await run(path, downloads.toReversed());
      assertEquals(
        again.map((entry) => [entry.state, "file" in entry && entry.file]).toReversed(),
        entries.map((entry) => ["done", "file" in entry && entry.file]),
      );
      for (const entry of entries) if ("file" in entry && entry.file !== "a") Deno.removeSync(`${path}/${entry.file}`);
      await run(path, downloads.toReversed());
      for (const [i, entry] of entries.entries()) {
        if ("file" in entry) assertEquals(Deno.readTextFileSync(`${path}/${entry.file}`), downloads[i].url);
      }
    });
  });
}

test("Saver replaces no file that appears between the choice of its name and its end", () => {
  return withFolder(async (path) => {
    Deno.writeTextFileSync(`${path}/other`, "");
    const folder = await OutputFolder.open(path);
    using saver = new Saver(path, { names: folder.names.shared });
    for (const [i, serverName] of [undefined, "named.txt", undefined].entries()) {
      const url = `http://a/${i}.txt`;
      const entry = folder.enter({ url });
      if (entry.state !== "new") throw new Error(entry.state);
      const file = serverName ?? entry.file;
      if (i === 2) Deno.mkdirSync(`${path}/${file}`);
      else Deno.writeTextFileSync(`${path}/${file}`, "mine");
      const saved = await saver.saveBytes(new TextEncoder().encode(url), { ...entry, key: url, serverName });
      assertEquals(Deno.readTextFileSync(`${path}/${saved.file}`), url);
      if (i < 2) assertEquals(Deno.readTextFileSync(`${path}/${file}`), "mine");
    }
    folder[Symbol.dispose]();
    const urls = [0, 1, 2].map((i) => ({ url: `http://a/${i}.txt` }));
    assertEquals((await run(path, urls)).map(({ state }) => state), ["done", "done", "done"]);
  });
});

test("OutputFolder replaces what is left of its own file, but nothing that isn't a file", () => {
  return withFolder(async (path) => {
    await run(path, same);
    const names = files(path);
    Deno.writeTextFileSync(`${path}/elsewhere`, "mine");
    Deno.truncateSync(`${path}/i.html`);
    Deno.removeSync(`${path}/2.bin`);
    Deno.symlinkSync("elsewhere", `${path}/2.bin`);
    await run(path, same);
    assertEquals(files(path)["i.html"], names["i.html"]);
    assertEquals([Deno.readLinkSync(`${path}/2.bin`), files(path)["elsewhere"]], ["elsewhere", "mine"]);
    assertEquals(files(path)[`2${ending("http://a/2.bin")}.bin`], "http://a/2.bin");
  });
});

test("OutputFolder says which file the server named, and how large it is, when it is there already", () => {
  return withFolder(async (path) => {
    const downloads = Array.from({ length: 300 }, (_, i) => ({ url: `http://a/${i}` }));
    await run(path, downloads, { serverName: downloads.map((_, i) => `r${i % 200}.pdf`) });
    const entries = await run(path, downloads);
    for (const [i, entry] of entries.entries()) {
      if (entry.state !== "done") throw new Error(entry.state);
      assertEquals(Deno.readTextFileSync(`${path}/${entry.file}`), downloads[i].url);
      assertEquals(entry.bytes, downloads[i].url.length);
    }
  });
});

test("OutputFolder keeps the name a server gave for its URL when the run was killed before the file had it", () => {
  return withFolder(async (path) => {
    const [a, b] = [{ url: "http://a/1" }, { url: "http://b/1" }];
    await run(path, [a], { serverName: "r.pdf" });
    Deno.removeSync(`${path}/r.pdf`); // as if it had been killed between its record and its name
    await run(path, [b], { serverName: "r.pdf" });
    assertEquals(files(path)["r.pdf"], undefined);
    assertEquals((await run(path, [a, b], { serverName: "r.pdf" })).map(({ state }) => state), ["new", "done"]);
    assertEquals(files(path)["r.pdf"], a.url);
    assertEquals((await run(path, [b, a])).map(({ state }) => state), ["done", "done"]);
  });
});

for (const name of ["", "lock", "journal", "a.part", "a.json", "a.tmp"]) {
  test(`OutputFolder refuses a symbolic link as .download-stuff/${name}, and follows it nowhere`, () => {
    return withFolder(async (path) => {
      Deno.mkdirSync(`${path}/elsewhere`);
      Deno.writeTextFileSync(`${path}/elsewhere/${name || "x"}`, "mine");
      Deno.mkdirSync(`${path}/files`);
      const link = `${path}/files/.download-stuff${name && `/${name}`}`;
      if (name) Deno.mkdirSync(`${path}/files/.download-stuff`);
      Deno.symlinkSync(`${path}/elsewhere${name && `/${name}`}`, link);
      for (const readOnly of [false, true]) {
        const error = await assertRejects(() => OutputFolder.open(`${path}/files`, { readOnly }), CannotWriteError);
        assertEquals(
          error.message,
          `cannot use ${link}: it is a symbolic link, which is not followed; remove it, or use another folder`,
        );
      }
      assertEquals(files(`${path}/elsewhere`), { [name || "x"]: "mine" });
    });
  });
}

test("OutputFolder refuses a folder where its journal would be", () => {
  return withFolder(async (path) => {
    Deno.mkdirSync(`${path}/.download-stuff/journal`, { recursive: true });
    await assertRejects(() => OutputFolder.open(path), CannotWriteError, "it is not what a run has put there");
  });
});

test("OutputFolder doesn't list what it has saved, which may be millions of files", () => {
  return withFolder(async (path) => {
    await run(path, same);
    const listed: string[] = [];
    const { readDirSync } = Deno;
    Deno.readDirSync = (path) => {
      listed.push(String(path));
      return readDirSync(path);
    };
    try {
      assertEquals((await run(path, same)).map(({ state }) => state), ["done", "done", "done", "done"]);
    } finally {
      Deno.readDirSync = readDirSync;
    }
    assertEquals(new Set(listed), new Set([`${path}/.download-stuff`]));
  });
});

test("OutputFolder says how far it is when its journal takes long to read", () => {
  return withFolder(async (path) => {
    await run(path, same);
    const journal = `${path}/.download-stuff/journal`;
    Deno.truncateSync(journal, 2 ** 26);
    const lines: string[] = [];
    const now = performance.now;
    let asked = 0;
    performance.now = () => 400 * asked++; // each look at the clock finds it that much later
    try {
      (await OutputFolder.open(path, { say: (line) => lines.push(line) }))[Symbol.dispose]();
    } finally {
      performance.now = now;
    }
    assert(lines.length > 5, `${lines}`);
    for (const line of lines) assertMatch(line, /^looking up what \S+ has: \d+% of its journal is read$/);
    const shares = lines.map((line) => parseInt(/(\d+)%/.exec(line)?.[1] ?? ""));
    assertEquals(shares, shares.toSorted((a, b) => a - b));
    assertEquals((await run(path, same)).map(({ state }) => state), ["done", "done", "done", "done"]);
  });
});

test("OutputFolder believes no journal that names a file outside the folder", () => {
  return withFolder(async (path) => {
    const url = "http://a/1";
    const [key, name] = [new Uint32Array(3), new Uint32Array(3)];
    fingerprint(url, key);
    Deno.mkdirSync(`${path}/files/.download-stuff`, { recursive: true });
    for (const storedName of ["../mine", "/mine", ".download-stuff/lock", "a/../../mine"]) {
      Deno.writeTextFileSync(`${path}/mine`, "mine");
      using journal = new JournalWriter(`${path}/files/.download-stuff/journal`);
      journal.append({ key, size: 3, naming: "stored", storedName, name });
      const [entry] = await run(`${path}/files`, [{ url }]);
      assertEquals(entry.state, "new");
      assertEquals([files(path), Object.values(files(`${path}/files`))], [{ mine: "mine" }, [url]]);
      for (const file of Object.keys(files(`${path}/files`))) Deno.removeSync(`${path}/files/${file}`);
    }
  });
});
