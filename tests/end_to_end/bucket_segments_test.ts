/** A file that comes in segments, and goes to a bucket as a whole. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { content } from "../../site/content.ts";
import { BucketServer, KEYS_ENV } from "../helpers/bucket_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { type Asked, RangeServer, type Reply, sendWith } from "../helpers/range_server.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const SCRIPT = new URL("../../download.ts", import.meta.url).pathname;

const BODY = content(1, 0, 16_000_000);

const SHA256 = new Uint8Array(await crypto.subtle.digest("SHA-256", BODY)).toHex();

interface World {
  bucket: BucketServer;
  site: RangeServer;
  folder: string;
  /** Starts the command, with the SHA-256 that its list names. */
  start(sha256: string): Deno.ChildProcess;
  /** Runs it to its end, and returns its exit code and its only line of the report. */
  run(sha256: string): Promise<{ code: number; line: Record<string, unknown> }>;
}

async function inWorld(
  answer: (asked: Asked) => Reply | Promise<Reply>,
  work: (world: World) => Promise<void>,
): Promise<void> {
  await using bucket = new BucketServer();
  await using site = await RangeServer.start(BODY, answer);
  const folder = await Deno.makeTempDir();
  const start: World["start"] = (sha256) => {
    Deno.writeTextFileSync(`${folder}/list.ndjson`, `${JSON.stringify({ url: site.url, name: "large", sha256 })}\n`);
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", SCRIPT, "-i", "list.ndjson", "-o", "s3://stuff/some", "--state", "state"]
        .concat(["--s3-endpoint", bucket.url, "--segments", "4", "--report", "report", "--quiet"]),
      cwd: folder,
      env: KEYS_ENV,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  };
  const run: World["run"] = async (sha256) => {
    const { code } = await start(sha256).output();
    return { code, line: JSON.parse(Deno.readTextFileSync(`${folder}/report`)) };
  };
  try {
    await work({ bucket, site, folder, start, run });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function assertThere({ bucket }: World): void {
  assertEquals([...bucket.objects.keys()], ["some/large"]);
  assert(Buffer.compare(bucket.objects.get("some/large")?.bytes ?? new Uint8Array(), BODY) === 0, "it has other bytes");
}

test("a file comes in segments, and goes to a bucket", () =>
  inWorld(({ until }) => ({ send: sendWith(65_536, () => until(4)) }), async (world) => {
    const { code, line } = await world.run(SHA256);
    const { result, segments, sha256, bytes } = line;
    assertEquals([code, result, segments, sha256, bytes], [
      ...[0, "done", world.site.asked.length, SHA256],
      BODY.length,
    ]);
    assert(world.site.peak === 4);
    assertThere(world);
    const again = await world.run(SHA256);
    assertEquals([again.code, again.line.result, world.site.asked.length], [0, "skipped", segments]);
  }));

test("a file whose segments make up something wrong is never put into a bucket", () =>
  inWorld(({ until }) => ({ send: sendWith(65_536, () => until(4)) }), async (world) => {
    const { code, line } = await world.run("0".repeat(64));
    assertEquals([code, line.kind], [1, "checksum"]);
    assertEquals([world.bucket.count("CREATE"), world.bucket.count("PUT"), world.bucket.objects.size], [0, 0, 0]);
  }));

test("a run that is killed while segments come goes on with them, and puts the whole into a bucket", async () => {
  const killed = Promise.withResolvers<void>();
  let isKilled = false;
  await inWorld(
    () => isKilled ? {} : { send: sendWith(2_000_000, () => killed.promise) },
    async (world) => {
      const child = world.start(SHA256);
      while (world.site.asked.length < 4 || keptBytes(world.folder) < 3_000_000) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      child.kill("SIGKILL");
      await child.output();
      isKilled = true;
      killed.resolve();
      assertEquals(world.bucket.objects.size, 0);
      const { code, line } = await world.run(SHA256);
      assertEquals([code, line.result, line.sha256], [0, "done", SHA256]);
      assertThere(world);
    },
  );
});

/** Bytes on the disk of what isn't whole. */
function keptBytes(folder: string): number {
  const state = `${folder}/state/.download-stuff`;
  try {
    return [...Deno.readDirSync(state)].filter(({ name }) => name.endsWith(".part"))
      .reduce((sum, { name }) => sum + (Deno.statSync(`${state}/${name}`).blocks ?? 0) * 512, 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
