/** Downloads that go to a bucket, by the command: whole or not there, resumed, and no secret anywhere. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  BUCKET,
  type BucketAnswers,
  BucketServer,
  errorAnswer,
  KEYS,
  KEYS_ENV,
  NO_KEYS_ENV,
} from "../helpers/bucket_server.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const ROOT = new URL("../../", import.meta.url).pathname;

/** A body for a path, which says what it is of; those of `/large` take two parts. */
function bodyOf(path: string): Uint8Array<ArrayBuffer> {
  const size = path.startsWith("/large") ? 2 ** 23 + 3 : path.startsWith("/middle") ? 300_000 : 2_000;
  const line = new TextEncoder().encode(`${path}\n`.padEnd(32, "."));
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += line.length) bytes.set(line.subarray(0, Math.min(line.length, size - at)), at);
  return bytes;
}

interface World {
  bucket: BucketServer;
  site: CountingServer;
  folder: string;
  /** Starts the command in the folder. */
  start(args: readonly string[], options?: { script?: string; env?: Record<string, string> }): Deno.ChildProcess;
  /** Runs it to its end. */
  run(
    args: readonly string[],
    options?: { script?: string; env?: Record<string, string> },
  ): Promise<{ code: number; out: string; err: string }>;
}

/** A bucket, a website, and a folder to work in. */
async function inWorld(
  { answer, ...answers }: BucketAnswers & { site?: (path: string, nth: number) => Response | undefined },
  work: (world: World) => Promise<void>,
): Promise<void> {
  await using bucket = new BucketServer({ answer });
  const respond = answers.site;
  await using site = new CountingServer({ answer: (path, nth) => respond?.(path, nth) ?? new Response(bodyOf(path)) });
  const folder = await Deno.makeTempDir();
  const start: World["start"] = (args, { script = "download.ts", env = KEYS_ENV } = {}) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `${ROOT}${script}`, ...args, "--s3-endpoint", bucket.url],
      cwd: folder,
      env,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  const run: World["run"] = async (args, options) => {
    const { code, stdout, stderr } = await start(args, options).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout).trimEnd(), err: decoder.decode(stderr) };
  };
  try {
    await work({ bucket, site, folder, start, run });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const OUTPUT = ["--output", `s3://${BUCKET}/some/files`];

/** Writes a list of paths of the website. */
function writeList({ folder, site }: World, paths: readonly string[]): string[] {
  Deno.writeTextFileSync(`${folder}/urls.txt`, paths.map((path) => `${site.url}${path}\n`).join(""));
  return ["--input", "urls.txt"];
}

function assertAllThere({ bucket }: World, paths: readonly string[]): void {
  assertEquals([...bucket.objects.keys()].sort(), paths.map((path) => `some/files${path}`).sort());
  for (const path of paths) {
    assert(sameBytes(bucket.objects.get(`some/files${path}`)?.bytes, bodyOf(path)), `${path} has other bytes`);
  }
}

/** assertEquals() would take minutes to say how millions of bytes differ. */
function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

const PATHS = [
  ...Array.from({ length: 200 }, (_, i) => `/${i}.bin`),
  ...["/middle1.bin", "/middle2.bin", "/large1.bin", "/large2.bin"],
];

test("download.ts saves a list to a bucket, and nothing of it again", () =>
  inWorld({}, async (world) => {
    const { bucket, site, folder, run } = world;
    const list = writeList(world, PATHS);
    const first = await run([...list, ...OUTPUT, "--report", "report.ndjson"]);
    assertEquals(first.code, 0, first.err);
    assertStringIncludes(first.out, "downloaded 204 files");
    assertAllThere(world, PATHS);
    assertEquals(bucket.uploads.size, 0);
    const report = Deno.readTextFileSync(`${folder}/report.ndjson`).trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(report.filter(({ result, sha256 }) => result === "done" && sha256.length === 64).length, 204);
    const asked = site.counts().length;
    const again = await run([...list, ...OUTPUT, "--json"]);
    assertEquals([again.code, JSON.parse(again.out).skipped, site.counts().length], [0, 204, asked]);
    const elsewhere = await run([...list, ...OUTPUT, "--json", "--state", "another"]);
    assertEquals(
      [elsewhere.code, JSON.parse(elsewhere.out).skipped, bucket.objects.size],
      [0, 204, 204],
      elsewhere.err,
    );
    const plan = await run([...list, ...OUTPUT, "--dry-run"]);
    assertEquals(plan.out.split("\n").filter((line) => line.endsWith("(there already)")).length, 204);
  }));

test("threaded.ts and optimized.ts save to a bucket from their workers, too", () =>
  inWorld({}, async (world) => {
    for (const script of ["threaded.ts", "optimized.ts"]) {
      const { code, err } = await world.run([...writeList(world, PATHS), ...OUTPUT, "-j", "6"], { script });
      assertEquals(code, 0, err);
      assertAllThere(world, PATHS);
      world.bucket.objects.clear();
    }
  }));

test("an upload that stalls holds up its own download only, and is no fault of the server's", async () => {
  const others = Promise.withResolvers<void>();
  await inWorld({
    async answer({ what, key }, { objects }) {
      if (objects.size >= 48) others.resolve();
      if (what !== "PUT" || key !== "some/files/20.bin") return;
      await others.promise;
      await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than a body may be silent
      return undefined;
    },
  }, async (world) => {
    const paths = PATHS.slice(0, 50);
    const { code, err } = await world.run([...writeList(world, paths), ...OUTPUT, "-j", "4", "--idle-timeout", "1s"]);
    assertEquals(code, 0, err);
    assertAllThere(world, paths);
    assertEquals(Math.max(...world.site.counts()), 1);
  });
});

test("Ctrl-C ends what is on its way to a bucket, and leaves nothing of it", async () => {
  const begun = Promise.withResolvers<void>();
  await inWorld({
    async answer({ what }) {
      if (what !== "PART") return;
      begun.resolve();
      return await new Promise<never>(() => {});
    },
  }, async (world) => {
    const child = world.start([...writeList(world, ["/large1.bin"]), ...OUTPUT, "--quiet"]);
    await begun.promise;
    child.kill("SIGINT");
    assertEquals((await child.output()).code, 130);
    assertEquals([world.bucket.uploads.size, world.bucket.objects.size], [0, 0]);
    assertEquals(world.bucket.count("ABORT"), 1);
  });
});

test("a body that breaks off is never put into a bucket, and what came of a large one is resumed", () =>
  inWorld({
    site(path, nth) {
      const body = bodyOf(path);
      const cut = (bytes: number) =>
        new Response(
          new ReadableStream({
            start(to) {
              to.enqueue(body.slice(0, bytes));
              to.close();
            },
          }),
          { headers: { "content-length": String(body.length), etag: '"a"' } },
        );
      if (path === "/cut.bin") return cut(1_000);
      if (path === "/large1.bin" && nth === 1) return cut(5 * 2 ** 20);
    },
  }, async (world) => {
    const list = writeList(world, ["/cut.bin", "/large1.bin", "/1.bin"]);
    const { code } = await world.run([...list, ...OUTPUT, "--retries", "1"]);
    assertEquals(code, 1);
    assertAllThere(world, ["/large1.bin", "/1.bin"]);
    assertEquals([world.bucket.count("CREATE"), world.bucket.calls.get("PUT some/files/cut.bin")], [1, undefined]);
  }));

test("what is wrong with a bucket is said in one line, with the exit code of a full disk, and without a secret", () =>
  inWorld({
    answer: ({ key }) => key === "some/files/7.bin" ? errorAnswer(507, "InsufficientStorage", "no room") : undefined,
  }, async (world) => {
    const list = writeList(world, PATHS.slice(0, 20));
    const secret = "wrong/secret/of/mine";
    const ways: [words: string, args: string[], env: Record<string, string>][] = [
      ["doesn't accept the access key", OUTPUT, { ...KEYS_ENV, AWS_SECRET_ACCESS_KEY: secret }],
      ["doesn't accept the access key", OUTPUT, {
        ...KEYS_ENV,
        AWS_ACCESS_KEY_ID: "AKIAOTHER",
        AWS_SECRET_ACCESS_KEY: secret,
      }],
      ["there are no access keys", OUTPUT, NO_KEYS_ENV],
      ["there is no such bucket", ["--output", "s3://nothing/here"], KEYS_ENV],
      ["the bucket is full", OUTPUT, KEYS_ENV],
    ];
    for (const [words, args, env] of ways) {
      const { code, out, err } = await world.run([...list, ...args, "--quiet", "--report", "r", "--failed", "f"], {
        env,
      });
      assertEquals(code, 3, err);
      assertStringIncludes(err, words);
      // As with a full disk: why the run has ended, and before that what has failed, if anything had been begun
      const lines = err.trimEnd().split("\n");
      const ends = lines.filter((line) => line.startsWith("download.ts: ") || line.startsWith("ended early, because "));
      assert(ends.length === 1 && ends[0].includes(words), err);
      assert(lines.every((line) => ends.includes(line) || / failed \((?:cannot-write|aborted)\)/.test(line)), err);
      const files = [...Deno.readDirSync(world.folder)].filter(({ isFile }) => isFile);
      const all = [out, err, ...files.map(({ name }) => Deno.readTextFileSync(`${world.folder}/${name}`))].join("\n");
      for (const each of [secret, KEYS.secretAccessKey, KEYS.accessKeyId]) {
        assert(!all.includes(each), `${words}: ${each}`);
      }
    }
    assert(!world.bucket.objects.has("some/files/7.bin"));
  }));

test("a bucket that was full gets the rest once it has room", async () => {
  let room = 150;
  await inWorld({
    answer: ({ what }) => what === "PUT" && room-- <= 0 ? errorAnswer(403, "QuotaExceeded", "no room") : undefined,
  }, async (world) => {
    const list = writeList(world, PATHS);
    assertEquals((await world.run([...list, ...OUTPUT])).code, 3);
    room = Infinity;
    const { code, err } = await world.run([...list, ...OUTPUT]);
    assertEquals(code, 0, err);
    assertAllThere(world, PATHS);
  });
});

test("runs into a bucket that are killed again and again lose nothing, and leave nothing wrong behind", () =>
  inWorld({}, async (world) => {
    const { bucket, start, run } = world;
    const paths = [...PATHS, ...Array.from({ length: 6 }, (_, i) => `/large${i + 3}.bin`)];
    const args = [...writeList(world, paths), ...OUTPUT, "--quiet", "-j", "16"];
    for (let kills = 0; kills < 8; kills++) {
      const had = bucket.objects.size;
      const child = start(args);
      const ended = child.output();
      // Not before it has put something, or has nothing more to put
      while (bucket.objects.size === had && had < paths.length) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended by itself
      }
      await ended;
      for (const [key, { bytes }] of bucket.objects) {
        assert(sameBytes(bytes, bodyOf(key.slice("some/files".length))), `${key} is wrong`);
      }
    }
    const { code, err } = await run(args);
    assertEquals(code, 0, err);
    assertAllThere(world, paths);
    assertEquals(bucket.uploads.size, 0);
  }));

test("flags that have nothing to work on in a bucket are refused, with the reason", () =>
  inWorld({}, async (world) => {
    const list = writeList(world, ["/1"]);
    const refused = async (args: string[], words: string) => {
      const { code, err } = await world.run([...list, ...args]);
      assertEquals(code, 2, err);
      assertStringIncludes(err, words);
    };
    await refused([...OUTPUT, "--update"], "--update doesn't go with a bucket");
    await refused([...OUTPUT, "--verify"], "--verify doesn't go with a bucket");
    await refused([...OUTPUT, "--write-sums", "s"], "--write-sums doesn't go with a bucket");
    await refused(["--output", "files"], "--s3-endpoint is about a bucket");
    await refused(["--output", "s3://stuff//a"], "--output takes a folder, or s3://bucket/prefix");
    assertEquals(world.bucket.calls.size, 0);
  }));
