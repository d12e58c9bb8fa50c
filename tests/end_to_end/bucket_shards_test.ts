/** Shards that go to a bucket: none is lost, none is there twice, however runs end. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { type BucketAnswers, BucketServer, errorAnswer, KEYS_ENV } from "../helpers/bucket_server.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { readShards } from "../helpers/read_tar.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const SCRIPT = new URL("../../download.ts", import.meta.url).pathname;

const bodyOf = (path: string) =>
  `${path} `.repeat(path.startsWith("/large") ? 1_200_000 : path.endsWith("0") ? 9_000 : 20);

interface World {
  bucket: BucketServer;
  site: CountingServer;
  folder: string;
  /** Starts the command, or another script. */
  start(...args: (string | { script: string })[]): Deno.ChildProcess;
  run(...args: (string | { script: string })[]): Promise<{ code: number; out: string; err: string }>;
}

/** A bucket, a website, and a folder to work in. */
async function inWorld(answers: BucketAnswers, work: (world: World) => Promise<void>): Promise<void> {
  await using bucket = new BucketServer(answers);
  await using site = new CountingServer({ answer: (path) => new Response(bodyOf(path)) });
  const folder = await Deno.makeTempDir();
  const start: World["start"] = (...all) => {
    const args = all.filter((each) => typeof each === "string");
    const [{ script } = { script: SCRIPT }] = all.filter((each) => typeof each !== "string");
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", script, "-i", "urls.txt", "-o", "s3://stuff/some", "--state", "state"]
        .concat(["--s3-endpoint", bucket.url, "--output-format", "tar", "--shard-size", "200KB", ...args]),
      cwd: folder,
      env: KEYS_ENV,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  };
  const run: World["run"] = async (...args) => {
    const { code, stdout, stderr } = await start(...args).output();
    return { code, out: text(stdout).trimEnd(), err: text(stderr) };
  };
  try {
    await work({ bucket, site, folder, start, run });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function writeList({ folder, site }: World, paths: readonly string[]): void {
  Deno.writeTextFileSync(`${folder}/urls.txt`, paths.map((path) => `${site.url}${path}\n`).join(""));
}

/** Every path is in one shard of the bucket, whole, and in no other; nothing is left on this machine. */
function assertAllThere({ bucket, folder }: World, paths: readonly string[]): void {
  const copy = Deno.makeTempDirSync();
  try {
    for (const [key, { bytes }] of bucket.objects) {
      assert(/^some\/\d{5}\.tar$/.test(key), key);
      Deno.writeFileSync(`${copy}/${key.slice("some/".length)}`, bytes);
    }
    const found: string[] = [];
    for (const { body, said } of readShards(copy).values()) {
      const { pathname } = new URL(String(said.url));
      assert(body === bodyOf(pathname), `${pathname} is ${body.slice(0, 20)}`);
      found.push(pathname);
    }
    assertEquals(found.sort(), [...paths].sort());
  } finally {
    Deno.removeSync(copy, { recursive: true });
  }
  assertEquals(bucket.uploads.size, 0);
  assertEquals(leftIn(folder), []);
}

/** The shards that are on this machine. */
function leftIn(folder: string): string[] {
  return ["state", "state/.download-stuff"].flatMap((path) => [...Deno.readDirSync(`${folder}/${path}`)])
    .map(({ name }) => name).filter((name) => /^\d/.test(name)).sort();
}

const PATHS = Array.from({ length: 120 }, (_, n) => `/${n}`);

test("shards go to a bucket, large ones in parts, and nothing of them again", () =>
  inWorld({}, async (world) => {
    const { bucket, site, folder, run } = world;
    const paths = [...PATHS, "/large"];
    writeList(world, paths);
    const first = await run("--report", "report");
    assertEquals(first.code, 0, first.err);
    assertAllThere(world, paths);
    assert(bucket.objects.size > 3);
    assert(bucket.count("PART") >= 2, `${bucket.count("PART")} parts`);
    for (const line of Deno.readTextFileSync(`${folder}/report`).trimEnd().split("\n")) {
      assert(bucket.objects.has(`some/${JSON.parse(line).file}`), line);
    }
    const before = new Map(bucket.objects);
    const again = await run("--json");
    assertEquals([again.code, JSON.parse(again.out).skipped, site.counts().length], [0, 121, 121], again.err);
    writeList(world, [...paths, "/late"]);
    const later = await run("--json");
    assertEquals([later.code, JSON.parse(later.out).skipped], [0, 121], later.err);
    assertAllThere(world, [...paths, "/late"]);
    for (const [key, stored] of before) assert(bucket.objects.get(key) === stored, `${key} was put again`);
    const plan = await run("--dry-run");
    assertEquals(plan.out.split("\n").filter((line) => line.endsWith("(there already)")).length, 122);
    // Another state folder knows the shards by the list only
    const all = new Map(bucket.objects);
    Deno.renameSync(`${folder}/state`, `${folder}/lost`);
    writeList(world, ["/1"]);
    const other = await run();
    assertEquals(other.code, 0, other.err);
    for (const [key, stored] of all) assert(bucket.objects.get(key) === stored, `${key} was put again`);
    const [added, ...more] = [...bucket.objects.keys()].filter((key) => !all.has(key));
    assert(added > [...all.keys()].sort()[all.size - 1] && more.length === 0, added);
  }));

test("WARC files go to a bucket, too", () =>
  inWorld({}, async (world) => {
    writeList(world, PATHS);
    const { code, err } = await world.run("--output-format", "warc", "--shard-size", "5KB");
    assertEquals(code, 0, err);
    const archived = [...world.bucket.objects].map(([key, { bytes }]) => {
      assert(/^some\/\d{5}\.warc\.gz$/.test(key), key);
      return text(gunzipSync(bytes));
    }).join("");
    for (const path of PATHS) {
      assertEquals(archived.split(`\r\n\r\n${bodyOf(path)}\r\n\r\n`).length, 2, `${path} isn't there once`);
    }
    assertEquals(leftIn(world.folder), []);
    const again = await world.run("--output-format", "warc", "--json");
    assertEquals([again.code, JSON.parse(again.out).skipped], [0, 120], again.err);
  }));

for (const what of ["before it is there", "once it is there, before that is known"]) {
  test(`a run that is killed while it puts a shard, ${what}, loses none, and puts none twice`, async () => {
    let child: Deno.ChildProcess | undefined;
    const kill = (call: { what: string; key: string }) => {
      if (call.what === "PUT" && call.key === "some/00001.tar" && child) {
        child.kill("SIGKILL");
        child = undefined;
        return true;
      }
      return false;
    };
    await inWorld({
      answer(call, server) {
        if (!kill(call)) return undefined;
        return what.startsWith("once") ? server.act(call) : errorAnswer(500, "InternalError", "gone");
      },
    }, async (world) => {
      writeList(world, PATHS);
      const begun = child = world.start("-j", "4", "--workers", "1");
      await begun.output();
      assertEquals(child, undefined);
      assert(leftIn(world.folder).includes("00001.tar"));
      assertEquals(world.bucket.objects.has("some/00001.tar"), what.startsWith("once"));
      const inBucket = [...world.bucket.objects.keys()];
      const { code, err } = await world.run();
      assertEquals(code, 0, err);
      assertAllThere(world, PATHS);
      assert(inBucket.every((key) => world.bucket.objects.has(key)));
    });
  });
}

test("runs with shards for a bucket that are killed again and again lose none, and have none twice", () =>
  inWorld({}, async (world) => {
    const { bucket, site } = world;
    const paths = Array.from({ length: 400 }, (_, n) => `/${n}`);
    writeList(world, paths);
    for (let kills = 1; kills <= 4; kills++) {
      const child = world.start("--quiet", "-j", "8");
      const ended = child.output();
      const from = site.counts().length;
      const isFar = () => site.counts().length > Math.min(from + 60, 390) || bucket.objects.size > kills * 2;
      while (!isFar()) await new Promise((resolve) => setTimeout(resolve, 5));
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended by itself
      }
      await ended;
    }
    const { code, err } = await world.run();
    assertEquals(code, 0, err);
    assertAllThere(world, paths);
  }));

test("a shard that takes its time on the way to a bucket is no fault of the servers of others", () =>
  inWorld({
    async answer({ key, nth }) {
      if (key !== "some/00000.tar" || nth > 1) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 2_500)); // longer than a body may be silent
      return undefined;
    },
  }, async (world) => {
    writeList(world, PATHS);
    const { code, err } = await world.run("--workers", "1", "-j", "4", "--idle-timeout", "1s");
    assertEquals(code, 0, err);
    assertAllThere(world, PATHS);
    assertEquals(Math.max(...world.site.counts()), 1);
  }));

test("shards that a full bucket hasn't taken go there once it has room", async () => {
  let room = 1;
  await inWorld({
    answer: ({ what }) => what === "PUT" && room-- <= 0 ? errorAnswer(403, "QuotaExceeded", "no room") : undefined,
  }, async (world) => {
    writeList(world, PATHS);
    const full = await world.run();
    assertEquals(full.code, 3, full.err);
    assertStringIncludes(full.err, "the bucket is full");
    room = Infinity;
    const { code, err } = await world.run();
    assertEquals(code, 0, err);
    assertAllThere(world, PATHS);
  });
});

test("a shard of somebody else is never written over, and its number is taken", async () => {
  const theirs = { bytes: new TextEncoder().encode("theirs"), meta: {} };
  let comes: string | undefined;
  await inWorld({
    answer({ what, key }, server) {
      if (what === "PUT" && key === comes) server.objects.set(key, theirs);
      return undefined;
    },
  }, async (world) => {
    const { bucket } = world;
    bucket.objects.set("some/00004.tar", theirs);
    writeList(world, PATHS.slice(0, 50));
    const first = await world.run("--workers", "1");
    assertEquals(first.code, 0, first.err);
    assertEquals([...bucket.objects.keys()].sort()[1], "some/00005.tar");
    bucket.objects.delete("some/00004.tar");
    assertAllThere(world, PATHS.slice(0, 50));
    const next = [...bucket.objects.keys()].map((key) => Number(key.slice(5, 10))).reduce((a, b) => Math.max(a, b)) + 1;
    comes = `some/${String(next).padStart(5, "0")}.tar`;
    writeList(world, PATHS);
    // First as it comes meanwhile, then as it is listed
    for (const _ of ["put", "listed"]) {
      const { code, err } = await world.run();
      assertEquals(code, 3, err);
      assertStringIncludes(err, "something else has that name there; move it away");
      assert(bucket.objects.get(comes) === theirs);
    }
    bucket.objects.delete(comes);
    comes = undefined;
    const { code, err } = await world.run();
    assertEquals(code, 0, err);
    assertAllThere(world, PATHS);
  });
});

test("a worker that ends while it puts a shard leaves that to the main isolate, and no parts of it", async () => {
  await inWorld({
    answer: ({ what, nth }) => what === "PART" && nth === 1 ? new Promise<never>(() => {}) : undefined,
  }, async (world) => {
    const paths = ["/large", ...PATHS];
    writeList(world, paths);
    const script = SCRIPT.replace("download.ts", "threaded.ts");
    const { code, err } = await world.run("-j", "1", "--shard-size", "9MB", { script });
    assertEquals(code, 0, err);
    assertEquals([world.bucket.count("CREATE"), world.bucket.count("ABORT")], [2, 1]);
    assertAllThere(world, paths);
  });
});

test("Ctrl-C while a shard goes to a bucket leaves it for the next run", async () => {
  let child: Deno.ChildProcess | undefined;
  const ended = Promise.withResolvers<void>();
  await inWorld({
    async answer({ what }) {
      if (what !== "PUT" || child === undefined) return undefined;
      child.kill("SIGINT");
      child = undefined;
      await ended.promise;
      return errorAnswer(500, "InternalError", "gone");
    },
  }, async (world) => {
    writeList(world, PATHS);
    const begun = child = world.start("--workers", "1");
    const { code } = await begun.output();
    ended.resolve();
    assertEquals(code, 130);
    assertEquals(world.bucket.objects.size, 0);
    assert(leftIn(world.folder).length > 0);
    const next = await world.run();
    assertEquals(next.code, 0, next.err);
    assertAllThere(world, PATHS);
  });
});
