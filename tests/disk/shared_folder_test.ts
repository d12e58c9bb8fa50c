/** An output folder that machines of one run have open at the same time. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { distinctName } from "../../lib/disk/file_name.ts";
import { fingerprint } from "../../lib/disk/fingerprint.ts";
import { foldName } from "../../lib/disk/claimed_names.ts";
import { JournalWriter } from "../../lib/disk/journal.ts";
import { downloadKey, OutputFolder } from "../../lib/disk/output_folder.ts";
import { Saver, type SaveTarget } from "../../lib/disk/save.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write", "run");

/** A machine that has the folder open, as far as this test is concerned. */
class Machine implements Disposable {
  readonly saver: Saver;
  #hasEnded = false;

  private constructor(readonly path: string, readonly folder: OutputFolder, checkOurs?: () => void) {
    this.saver = new Saver(path, { names: folder.names.shared, state: folder.state, checkOurs });
  }

  static async open(path: string, run?: string, checkOurs?: () => void): Promise<Machine> {
    return new Machine(path, await OutputFolder.open(path, { run: run ?? "r" }), checkOurs);
  }

  get state(): string {
    return this.folder.state;
  }

  enter(url: string, file: string) {
    return this.folder.enter({ url }, { file, naming: "plain" });
  }

  /** Enters a download, and saves it if it is to be fetched: the file that it is in. */
  async save(url: string, file: string, { body = url, ...more }: Partial<SaveTarget> & { body?: string } = {}) {
    const entry = this.enter(url, file);
    if (entry.state === "duplicate") throw new Error(`${url} is a duplicate`);
    if (entry.state === "done") return entry;
    const bytes = new TextEncoder().encode(body);
    return await this.saver.saveBytes(bytes, { ...entry, key: downloadKey({ url }), isShared: true, ...more });
  }

  /** Ends it, if it hasn't ended. */
  [Symbol.dispose](): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.saver[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}

async function withFolder(test: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    await test(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

const files = (path: string) =>
  [...Deno.readDirSync(path)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();

const text = (path: string) => Deno.readTextFileSync(path);

/** As if a machine had been killed after it wrote a record, and before the file got its name. */
function record(path: string, state: string, { url, file, size }: { url: string; file: string; size: number }): void {
  const [key, name] = [new Uint32Array(3), new Uint32Array(3)];
  fingerprint(url, key);
  fingerprint(foldName(file), name);
  using journal = new JournalWriter(`${path}/${state}/journal`);
  journal.append({ key, size, naming: "plain", storedName: "", name });
}

/** What a run without other machines has to do for each URL. */
async function alone(path: string, urls: string[]): Promise<string[]> {
  using folder = await OutputFolder.open(path);
  return urls.map((url) => {
    const entry = folder.enter({ url });
    return entry.state === "done" ? entry.file : entry.state;
  });
}

test("each machine of a run has a state folder of its own, and what it hasn't finished stays", () =>
  withFolder(async (path) => {
    using one = await Machine.open(path);
    Deno.writeTextFileSync(`${path}/${one.state}/a.tmp`, "half");
    using two = await Machine.open(path);
    Deno.writeTextFileSync(`${path}/${two.state}/b.tmp`, "half");
    const three = await Machine.open(path);
    assertEquals([one, two, three].map(({ state }) => state), [
      ".download-stuff",
      ".download-stuff-2",
      ".download-stuff-3",
    ]);
    Deno.writeTextFileSync(`${path}/${three.state}/c.tmp`, "half");
    three[Symbol.dispose]();
    assertEquals([text(`${path}/${one.state}/a.tmp`), text(`${path}/${two.state}/b.tmp`)], ["half", "half"]);
    using next = await Machine.open(path);
    assertEquals(next.state, ".download-stuff-3", "the state folder of a machine that is gone");
    assertEquals([...Deno.readDirSync(`${path}/${next.state}`)].some(({ name }) => name === "c.tmp"), false);
  }));

test("machines that begin at the same moment all get a state folder", () =>
  withFolder(async (path) => {
    const script = `
      import { OutputFolder } from "${new URL("../../lib/disk/output_folder.ts", import.meta.url)}";
      const folder = await OutputFolder.open(${JSON.stringify(path)}, { run: "r" });
      console.log(folder.state);
      await Deno.stdin.read(new Uint8Array(1));`;
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const url = `data:text/javascript,${encodeURIComponent(script)}`;
    const args = ["run", "-A", "--no-check", "--config", config, url];
    const all = Array.from(
      { length: 6 },
      () => new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn(),
    );
    const states = await Promise.all(all.map(async ({ stdout }) => {
      const reader = stdout.getReader();
      const { value } = await reader.read();
      await reader.cancel();
      return new TextDecoder().decode(value).trim();
    }));
    for (const { stdin, status } of all) {
      await stdin.close();
      await status;
    }
    assertEquals(states.sort(), [
      ".download-stuff",
      ...[2, 3, 4, 5, 6].map((nth) => `.download-stuff-${nth}`),
    ]);
  }));

test("a folder is one run's at a time, whoever of its machines is left", () =>
  withFolder(async (path) => {
    const refused = (options: { run?: string } = {}) =>
      assertRejects(() => OutputFolder.open(path, options), CannotWriteError, `another run is saving to ${path}`);
    const one = await Machine.open(path, "first");
    const two = await Machine.open(path, "first");
    await refused();
    await refused({ run: "second" });
    one[Symbol.dispose]();
    await refused();
    await refused({ run: "second" });
    const again = await Machine.open(path, "first");
    two[Symbol.dispose]();
    await refused();
    again[Symbol.dispose]();
    const other = await OutputFolder.open(path);
    await refused({ run: "first" });
    await refused();
    other[Symbol.dispose]();
    (await Machine.open(path, "second"))[Symbol.dispose]();
  }));

test("what another machine has saved is there, whoever named it, and isn't fetched again", () =>
  withFolder(async (path) => {
    using one = await Machine.open(path);
    using two = await Machine.open(path);
    const urls = ["http://a/1", "http://a/2", "http://a/3"];
    await one.save(urls[0], "1");
    await one.save(urls[1], "2", { serverName: "named.pdf" });
    await two.save(urls[2], "3");
    two.folder.lookAgain();
    const named = distinctName("named.pdf", urls[1]);
    assertEquals(two.enter(urls[0], "1"), { state: "done", file: "1", bytes: urls[0].length });
    assertEquals(two.enter(urls[1], "2"), { state: "done", file: named, bytes: urls[1].length });
    // And what comes later, of a machine that was known before
    await one.save("http://a/4", "4");
    two.folder.lookAgain();
    assertEquals(two.enter("http://a/4", "4").state, "done");
    one.folder.lookAgain();
    assertEquals(one.enter(urls[2], "3").state, "done");
    assertEquals(files(path), ["1", "3", "4", named].sort());
    one[Symbol.dispose]();
    two[Symbol.dispose]();
    assertEquals(await alone(path, urls), ["1", named, "3"]);
  }));

test("a machine that comes later knows what all have saved before", () =>
  withFolder(async (path) => {
    using one = await Machine.open(path);
    using two = await Machine.open(path);
    await one.save("http://a/1", "1");
    await two.save("http://a/2", "2");
    using three = await Machine.open(path);
    assertEquals([three.enter("http://a/1", "1").state, three.enter("http://a/2", "2").state], ["done", "done"]);
    // A name is taken, whoever has it
    const entry = three.enter("http://b/1", "1");
    assert(entry.state === "new" && entry.file !== "1");
  }));

for (const killed of ["first", "second"]) {
  test(`of a file that the ${killed} machine recorded and never placed, the other's is known afterwards`, () =>
    withFolder(async (path) => {
      const [url, file] = ["http://a/1", "1"];
      using first = await Machine.open(path);
      using second = await Machine.open(path);
      const [dead, living] = killed === "first" ? [first, second] : [second, first];
      record(path, dead.state, { url, file, size: 3 });
      living.folder.lookAgain();
      assertEquals(await living.save(url, file), { file, size: url.length });
      first[Symbol.dispose]();
      second[Symbol.dispose]();
      assertEquals(await alone(path, [url]), [file]);
      assertEquals([files(path), text(`${path}/${file}`)], [[file], url]);
    }));
}

test("a file that a machine is killed behind is there for the next", () =>
  withFolder(async (path) => {
    const [url, file] = ["http://a/1", "1"];
    using one = await Machine.open(path);
    using two = await Machine.open(path);
    record(path, one.state, { url, file, size: 4 });
    Deno.writeTextFileSync(`${path}/${file}`, "body");
    two.folder.lookAgain();
    assertEquals(two.enter(url, file), { state: "done", file, bytes: 4 });
  }));

test("a stranger's file stays, whichever machine wants its name", () =>
  withFolder(async (path) => {
    using one = await Machine.open(path);
    using two = await Machine.open(path);
    for (const name of ["1", "2"]) Deno.writeTextFileSync(`${path}/${name}`, "mine");
    one.folder.lookAgain(); // before it, it takes a folder that was empty for its own, as every run does
    const saved = [await one.save("http://a/1", "1"), await two.save("http://a/2", "2")];
    assertEquals([text(`${path}/1`), text(`${path}/2`)], ["mine", "mine"]);
    assertEquals(saved.map(({ file }) => text(`${path}/${file}`)), ["http://a/1", "http://a/2"]);
    one[Symbol.dispose]();
    two[Symbol.dispose]();
    assertEquals(await alone(path, ["http://a/1", "http://a/2"]), saved.map(({ file }) => file));
  }));

test("a file gets no name once it may be another machine's", () =>
  withFolder(async (path) => {
    let isOurs = true;
    using one = await Machine.open(path, "r", () => {
      if (!isOurs) throw new Error("another machine goes on with it");
    });
    await one.save("http://a/1", "1");
    isOurs = false;
    await assertRejects(() => one.save("http://a/2", "2"), Error, "another machine goes on with it");
    assertEquals(files(path), ["1"]);
    assertEquals([...Deno.readDirSync(`${path}/${one.state}`)].some(({ name }) => name.endsWith(".tmp")), false);
  }));

test("a run alone clears away what machines left half-written, and looks through all of their journals", () =>
  withFolder(async (path) => {
    const one = await Machine.open(path);
    const two = await Machine.open(path);
    await two.save("http://a/2", "2");
    const half = `${path}/${two.state}/x.tmp`;
    Deno.writeTextFileSync(half, "half");
    for (const machine of [one, two]) machine[Symbol.dispose]();
    using looked = await OutputFolder.open(path, { readOnly: true });
    assertEquals([looked.enter({ url: "http://a/2" }).state, text(half)], ["done", "half"]);
    assertEquals(await alone(path, ["http://a/2", "http://a/3"]), ["2", "new"]);
    assertThrows(() => Deno.statSync(half), Deno.errors.NotFound);
  }));

test("a symbolic link as the state folder of another machine is refused, and followed nowhere", () =>
  withFolder(async (path) => {
    Deno.mkdirSync(`${path}/elsewhere`);
    Deno.mkdirSync(`${path}/files`);
    const link = `${path}/files/.download-stuff-2`;
    using one = await Machine.open(`${path}/files`);
    Deno.symlinkSync(`${path}/elsewhere`, link);
    assertThrows(() => one.folder.lookAgain(), CannotWriteError, `cannot use ${link}: it is a symbolic link`);
    await assertRejects(() => OutputFolder.open(`${path}/files`, { run: "r" }), CannotWriteError, "a symbolic link");
    one[Symbol.dispose]();
    await assertRejects(() => OutputFolder.open(`${path}/files`), CannotWriteError, "a symbolic link");
    assertEquals([...Deno.readDirSync(`${path}/elsewhere`)], []);
  }));
