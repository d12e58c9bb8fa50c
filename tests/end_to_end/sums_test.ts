/** A flipped bit is caught in each way that a digest can be known, and what has one is fetched again. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import { async } from "../../async.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SCRIPT = new URL("../../download.ts", import.meta.url).pathname;

/** Small enough for one go, and large enough to be streamed. */
const SIZES = [1_000, 100_000];

const bodyOf = (size: number) => new Uint8Array(size).map((_, i) => i * 7);

function flipped(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const other = body.slice();
  other[other.length >> 1] ^= 1;
  return other;
}

const hex = (algorithm: string, body: Uint8Array) => createHash(algorithm).update(body).digest("hex");
const base64 = (algorithm: string, body: Uint8Array) => createHash(algorithm).update(body).digest("base64");

async function run(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, "--retries", "0", ...args],
    cwd: folder,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  return { code, stdout: text(stdout).replace(/[\d.]+ m?s\b/, "0s"), stderr: text(stderr) };
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A server of files, `/SIZE.bin`; with a bit flipped where `isBad`. */
function server(isBad: () => boolean, headersOf: (body: Uint8Array) => Record<string, string> = () => ({})) {
  return new CountingServer({
    answer(path) {
      const body = bodyOf(parseInt(path.slice(1)));
      return new Response(isBad() ? flipped(body) : body, { headers: headersOf(body) });
    },
  });
}

/** Ways to write a list, or a checksum file beside it. */
const WAYS: Record<string, (url: string, body: Uint8Array) => { line: Record<string, string>; sums?: string }> = {
  "--sums in the form of GNU": (url, body) => ({ line: { url }, sums: `${hex("sha256", body)}  ${body.length}.bin` }),
  "--sums in the form of BSD": (url, body) => ({
    line: { url },
    sums: `SHA1 (${body.length}.bin) = ${hex("sha1", body)}`,
  }),
  "the column md5": (url, body) => ({ line: { url, md5: hex("md5", body) } }),
  "the column sha1": (url, body) => ({ line: { url, sha1: hex("sha1", body).toUpperCase() } }),
  "the column sha256": (url, body) => ({ line: { url, sha256: hex("sha256", body) } }),
  "the column sha512": (url, body) => ({ line: { url, sha512: hex("sha512", body) } }),
  "the column integrity": (url, body) => ({ line: { url, integrity: `sha384-${base64("sha384", body)}` } }),
};

for (const [way, write] of Object.entries(WAYS)) {
  test(`one flipped bit is caught by ${way}`, () =>
    inFolder(async (folder) => {
      let isBad = true;
      await using files = server(() => isBad);
      const lines = SIZES.map((size) => write(`${files.url}/${size}.bin`, bodyOf(size)));
      Deno.writeTextFileSync(`${folder}/a.ndjson`, lines.map(({ line }) => JSON.stringify(line)).join("\n"));
      const sums = lines.flatMap(({ sums }) => sums ?? []);
      if (sums.length > 0) Deno.writeTextFileSync(`${folder}/SUMS`, sums.join("\n"));
      const args = ["-o", "files", "--failed", "failed.ndjson", ...sums.length > 0 ? ["--sums", "SUMS"] : []];
      const bad = await run(folder, "-i", "a.ndjson", ...args);
      assertEquals([bad.code, bad.stdout], [1, "downloaded 0 of 2 files (101 KB) in 0s"]);
      assertStringIncludes(bad.stderr, "2 failed (checksum)");
      assertEquals([...Deno.readDirSync(`${folder}/files`)].map(({ name }) => name), [".download-stuff"]);
      // What failed still has its digests
      const again = await run(folder, "-i", "failed.ndjson", "-o", "files", "--failed", "failed.ndjson");
      assertEquals(again.code, 1);
      isBad = false;
      assertEquals((await run(folder, "-i", "failed.ndjson", ...args)).code, 0);
      for (const size of SIZES) assertEquals(Deno.readFileSync(`${folder}/files/${size}.bin`), bodyOf(size));
    }));
}

for (const strategy of [own, ownOverHttp2, async]) {
  test(`one flipped bit is caught by Repr-Digest with ${strategy.title}, but not what was packed on its way`, () =>
    inFolder(async (output) => {
      let isBad = true;
      await using files = server(() => isBad, (body) => ({ "repr-digest": `sha-256=:${base64("sha256", body)}:` }));
      const list = SIZES.map((size) => `${files.url}/${size}.bin`);
      const told = async (options: StrategyOptions = {}) => {
        const outcomes: Outcome[] = [];
        await strategy(list, (outcome) => void outcomes.push(outcome), { output, retries: 0, ...options });
        return outcomes.map((outcome) => outcome.result === "failed" ? outcome.kind : outcome.result);
      };
      assertEquals(await told(), ["checksum", "checksum"]);
      isBad = false;
      assertEquals(await told(), ["done", "done"]);
    }));
}

test("--verify gets what is wrong again, and only that, also with --update", () =>
  inFolder(async (folder) => {
    await using files = server(() => false, () => ({ etag: '"1"' }));
    const list = SIZES.map((size) => ({ url: `${files.url}/${size}.bin`, sha512: hex("sha512", bodyOf(size)) }));
    Deno.writeTextFileSync(`${folder}/a.ndjson`, list.map((line) => JSON.stringify(line)).join("\n"));
    const args = ["-i", "a.ndjson", "-o", "files"];
    assertEquals((await run(folder, ...args, "--update")).code, 0);
    const damage = (size: number) => {
      const path = `${folder}/files/${size}.bin`;
      const { mtime } = Deno.statSync(path);
      Deno.writeFileSync(path, flipped(bodyOf(size)));
      Deno.utimeSync(path, mtime ?? 0, mtime ?? 0); // as a disk that rots: the time is the same
    };
    damage(100_000);
    assertEquals((await run(folder, ...args)).stdout, "downloaded 0 of 2 files (0 bytes) in 0s, 2 were there already");
    const verified = await run(folder, ...args, "--verify");
    assertEquals(verified.stdout, "downloaded 1 of 2 files (100 KB) in 0s, 1 was there already");
    assertEquals(Deno.readFileSync(`${folder}/files/100000.bin`), bodyOf(100_000));
    assertEquals(files.counts(), [1, 2]);
    await run(folder, ...args, "--update", "--verify"); // from now on their versions are known
    damage(1_000);
    const updated = await run(folder, ...args, "--update", "--verify");
    assertStringIncludes(updated.stdout, "downloaded");
    assertEquals(Deno.readFileSync(`${folder}/files/1000.bin`), bodyOf(1_000));
  }));

test("--write-sums writes what sha256sum -c accepts, of what was there, too", () =>
  inFolder(async (folder) => {
    await using files = server(() => false);
    const urls = SIZES.map((size) => `${files.url}/${size}.bin`);
    await run(folder, urls[0], "-o", "files");
    const both = await run(folder, ...urls, "-o", "files", "--write-sums", "SUMS");
    assertEquals(both.code, 0);
    const sums = Deno.readTextFileSync(`${folder}/SUMS`);
    assertEquals(
      sums.trimEnd().split("\n").sort(),
      SIZES.map((size) => `${hex("sha256", bodyOf(size))}  ${size}.bin`).sort(),
    );
    if (Deno.build.os === "linux") {
      const check = await new Deno.Command("sha256sum", { args: ["-c", "../SUMS"], cwd: `${folder}/files` }).output();
      assert(check.success);
    }
    // And is read again
    const checked = await run(folder, ...urls, "-o", "files", "--sums", "SUMS", "--verify");
    assertEquals(checked.stdout, "downloaded 0 of 2 files (0 bytes) in 0s, 2 were there already");
    assertEquals(files.counts(), [1, 1]);
  }));

test("--sums may be a URL, and one that can't be read, or is none, ends the run before it begins", () =>
  inFolder(async (folder) => {
    await using files = server(() => false);
    await using other = new CountingServer({
      answer: (path) =>
        path === "/SUMS"
          ? new Response(`${hex("md5", bodyOf(1_000))}  1000.bin\n`)
          : new Response("<html>", { status: path === "/404" ? 404 : 200 }),
    });
    const url = `${files.url}/1000.bin`;
    const said = async (sums: string) => (await run(folder, url, "-o", "files", "--sums", sums)).stderr;
    assertEquals((await run(folder, url, "-o", "files", "--sums", `${other.url}/SUMS`)).code, 0);
    assertStringIncludes(await said(`${other.url}/404`), "the server answered 404");
    assertStringIncludes(await said(`${other.url}/page`), "line 1");
    assertStringIncludes(await said("nowhere"), "cannot read the checksums");
    assertEquals(files.counts(), [1]);
  }));
