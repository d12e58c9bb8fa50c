/** What `update` and `verify` do in a folder that machines of a run have shared before, and that has their journals. */

import { assertEquals } from "@std/assert";
import { download as tool } from "../../download.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { Item } from "../../lib/core/source.ts";
import { downloadKey, OutputFolder } from "../../lib/disk/output_folder.ts";
import { Saver } from "../../lib/disk/save.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const OLD = "Sun, 06 Nov 1994 08:49:37 GMT";

/** A server of files with versions, which notes what it is asked for. */
class Versions implements AsyncDisposable {
  /** What each path is asked with: an ETag, or nothing. */
  readonly asked: [path: string, etag: string | null][] = [];
  readonly #now = new Map<string, [etag: string, body: string]>();
  readonly #server = new CountingServer({
    answer: (path, _nth, request) => {
      const [etag, body] = this.of(path);
      const condition = request.headers.get("if-none-match");
      this.asked.push([path, condition]);
      const headers = { etag, "last-modified": OLD };
      if (condition === etag) return new Response(null, { status: 304, headers });
      return new Response(body, { headers });
    },
  });

  get url(): string {
    return this.#server.url;
  }

  of(path: string): [etag: string, body: string] {
    return this.#now.get(path) ?? ['"1"', `${path} 1`];
  }

  change(path: string, etag: string, body: string): void {
    this.#now.set(path, [etag, body]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Saves every other URL as each of two machines of a run would. */
async function saveAsTwoMachines(path: string, server: Versions, list: string[]): Promise<void> {
  using one = await OutputFolder.open(path, { run: "r" });
  using other = await OutputFolder.open(path, { run: "r" });
  for (const [machine, folder] of [one, other].entries()) {
    using saver = new Saver(path, { names: folder.names.shared, state: folder.state });
    for (const [nth, url] of list.entries()) {
      if (nth % 2 !== machine) continue;
      const { pathname } = new URL(url);
      const file = pathname.slice(1);
      const entry = folder.enter({ url }, { file, naming: "plain" });
      if (entry.state !== "new") throw new Error(`${url} is ${entry.state}`);
      const [, body] = server.of(pathname);
      await saver.saveBytes(new TextEncoder().encode(body), { ...entry, key: downloadKey({ url }) });
    }
  }
}

async function run(output: string, list: Item[], options: StrategyOptions): Promise<string[]> {
  const told: string[] = [];
  const report = (outcome: Outcome) => {
    told[outcome.id] = outcome.result === "skipped" ? outcome.reason : outcome.result;
  };
  await tool(list, report, { output, workers: 1, backoffMs: 1, retries: 0, ...options });
  return told;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesIn = (folder: string) =>
  [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();

test("update of a folder that machines have shared gets each file once, in its place, and then what has changed", () =>
  inFolder(async (folder) => {
    await using server = new Versions();
    const paths = ["/a", "/b", "/c", "/d"];
    const list = paths.map((path) => server.url + path);
    await saveAsTwoMachines(folder, server, list);
    assertEquals(await run(folder, list, {}), ["there", "there", "there", "there"]);
    assertEquals(
      await run(folder, list, { update: true }),
      ["done", "done", "done", "done"],
      "no version is known yet",
    );
    assertEquals(await run(folder, list, { update: true }), ["unchanged", "unchanged", "unchanged", "unchanged"]);
    server.change("/b", '"2"', "/b 2");
    assertEquals(await run(folder, list, { update: true }), ["unchanged", "done", "unchanged", "unchanged"]);
    assertEquals(filesIn(folder), ["a", "b", "c", "d"]);
    assertEquals(paths.map((path) => Deno.readTextFileSync(folder + path)), ["/a 1", "/b 2", "/c 1", "/d 1"]);
  }));

test("a version is that of the journal whose record is believed, whichever journals know the file", () =>
  inFolder(async (folder) => {
    await using server = new Versions();
    const list = [`${server.url}/a`];
    const asked = () => server.asked.splice(0).map(([, etag]) => etag);
    await run(folder, list, { update: true });
    // As if a second machine had done that
    Deno.renameSync(`${folder}/.download-stuff`, `${folder}/.download-stuff-2`);
    assertEquals([await run(folder, list, { update: true }), asked()], [["unchanged"], [null, '"1"']]);
    // Of the same length and time, so that only the journal says which it is
    server.change("/a", '"2"', "/a 2");
    assertEquals([await run(folder, list, { update: true }), asked()], [["done"], ['"1"']]);
    assertEquals([await run(folder, list, { update: true }), asked()], [["unchanged"], ['"2"']]);
    server.change("/a", '"1"', "/a 1");
    assertEquals([await run(folder, list, { update: true }), asked()], [["done"], ['"2"']]);
    assertEquals(Deno.readTextFileSync(`${folder}/a`), "/a 1");
  }));

test("verify of a folder that machines have shared gets what is wrong, whoever has saved it", () =>
  inFolder(async (folder) => {
    await using server = new Versions();
    const urls = ["/a", "/b", "/c", "/d"].map((path) => server.url + path);
    await saveAsTwoMachines(folder, server, urls);
    const list = await Promise.all(urls.map(async (url) => {
      const body = new TextEncoder().encode(`${new URL(url).pathname} 1`);
      return { url, sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex() };
    }));
    for (const file of ["c", "d"]) Deno.writeTextFileSync(`${folder}/${file}`, `/${file} 0`);
    assertEquals(await run(folder, list, { verify: true }), ["there", "there", "done", "done"]);
    assertEquals(server.asked.sort(), [["/c", null], ["/d", null]]);
    assertEquals(["c", "d"].map((file) => Deno.readTextFileSync(`${folder}/${file}`)), ["/c 1", "/d 1"]);
    assertEquals(filesIn(folder), ["a", "b", "c", "d"]);
  }));
