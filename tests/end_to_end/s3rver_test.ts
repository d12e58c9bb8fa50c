/** The same against an endpoint that nobody here wrote. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AwsV4Signer } from "aws4fetch";
import { createHash } from "node:crypto";
import { BucketClient } from "../../lib/storage/bucket_client.ts";
import { listObjects } from "../../lib/storage/listing.ts";
import { NO_KEYS_ENV } from "../helpers/bucket_server.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { howMany } from "../helpers/how_many.ts";
import { testNeeding } from "../helpers/needs.ts";
import { readTar, shardsIn } from "../helpers/read_tar.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const ROOT = new URL("../../", import.meta.url).pathname;

/** Files: more than a page of a list has. With `S3RVER_FILES=10000`, it takes three minutes. */
const FILES = howMany("S3RVER_FILES", 1_200);
const LARGE = ["/large1.bin", "/large2.bin"];

/** The key that s3rver knows. */
const KEYS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };
const ENV = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey };

function bodyOf(path: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(LARGE.includes(path) ? 9 * 2 ** 20 + 7 : 1_000);
  new TextEncoder().encodeInto(path.repeat(10), bytes);
  return bytes;
}

const listedUnder = async (client: BucketClient, prefix: string) =>
  (await Array.fromAsync(listObjects(client, prefix))).flat().map(({ key }) => key);

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

test("all objects are right in a bucket of s3rver, after a run that was killed on the way", async () => {
  const folder = await Deno.makeTempDir();
  const command = (script: string, args: string[], env = ENV) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--config", `${ROOT}deno.json`, `${ROOT}${script}`, ...args],
      cwd: folder,
      env: { ...NO_KEYS_ENV, ...env },
      stdout: "piped",
      stderr: "piped",
    });
  const server = command("tests/fixtures/s3rver.ts", [`${folder}/store`]).spawn();
  const errors = new Response(server.stderr).text();
  const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const port = Number((await reader.read()).value);
    assert(port > 0, port > 0 ? "" : await errors);
    const endpoint = `http://127.0.0.1:${port}`;
    await using site = new CountingServer({ answer: (path) => new Response(bodyOf(path)) });
    const paths = [...Array.from({ length: FILES }, (_, i) => `/a%20b+ä&${i}.bin`), ...LARGE];
    Deno.writeTextFileSync(`${folder}/urls.txt`, paths.map((path) => `${site.url}${path}\n`).join(""));
    const args = ["-i", "urls.txt", "-o", "s3://stuff/ü/1", "--s3-endpoint", endpoint, "--quiet"];

    const killed = command("download.ts", args).spawn();
    const ended = killed.output();
    while (site.requests.size < FILES / 3) await new Promise((resolve) => setTimeout(resolve, 10));
    killed.kill("SIGKILL");
    await ended;
    const asked = [...site.requests.values()].reduce((sum, count) => sum + count, 0);
    const { code, stderr } = await command("download.ts", args).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const askedInAll = [...site.requests.values()].reduce((sum, count) => sum + count, 0);
    // What was in flight when it was killed is asked for again, and nothing else
    assert(askedInAll - paths.length <= 400 && asked >= FILES / 3, `${asked} and ${askedInAll} requests`);

    const options = { connectTimeoutMs: 60_000, retries: 0, retryMaxTimeMs: 0, s3Endpoint: endpoint };
    const aws = { credentials: KEYS, region: "us-east-1" };
    using client = new BucketClient({ bucket: "stuff", prefix: "" }, options, aws, { backoff: () => 0 });
    const keys = await listedUnder(client, "ü/1/");
    const names = new Map(paths.map((path) => [`ü/1${decodeURIComponent(path)}`, path]));
    assertEquals(keys.toSorted(), [...names.keys()].sort());
    const rest = names.entries();
    const bytesOf = async (key: string) => {
      const url = `${endpoint}/stuff/${encodeURIComponent(key)}`;
      const request = await new AwsV4Signer({ ...KEYS, url, service: "s3", region: "us-east-1" }).sign();
      return await (await fetch(request.url, { headers: request.headers })).bytes();
    };
    const compare = async ([key, path]: [string, string]) => {
      assertEquals(md5(await bytesOf(key)), md5(bodyOf(path.replace("ä", "%C3%A4"))), key);
    };
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (const each of { [Symbol.iterator]: () => ({ next: () => rest.next() }) }) await compare(each);
    }));

    const inShards = [...args.with(3, "s3://stuff/ü/sets"), "--output-format", "tar", "--shard-size", "20MB"];
    const cut = command("download.ts", inShards).spawn();
    const cutEnd = cut.output();
    while ((await listedUnder(client, "ü/sets/")).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    try {
      cut.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended by itself
    }
    await cutEnd;
    const whole = await command("download.ts", inShards).output();
    assertEquals(whole.code, 0, new TextDecoder().decode(whole.stderr));
    Deno.mkdirSync(`${folder}/sets`);
    for (const key of await listedUnder(client, "ü/sets/")) {
      Deno.writeFileSync(`${folder}/sets/${key.slice("ü/sets/".length)}`, await bytesOf(key));
    }
    const members = shardsIn(`${folder}/sets`).flatMap((shard) => readTar(`${folder}/sets/${shard}`));
    const sums = members.filter(({ name }) => name.endsWith(".bin")).map(({ body }) => md5(body)).sort();
    assertEquals(sums, paths.map((path) => md5(bodyOf(path.replace("ä", "%C3%A4")))).sort());

    const wrong = await command("download.ts", args, { ...ENV, AWS_ACCESS_KEY_ID: "OTHER" }).output();
    assertEquals(wrong.code, 3);
    assertStringIncludes(new TextDecoder().decode(wrong.stderr), "doesn't accept the access key");
  } finally {
    server.kill("SIGKILL");
    await reader.cancel();
    await server.status;
    await errors;
    await Deno.remove(folder, { recursive: true });
  }
});
