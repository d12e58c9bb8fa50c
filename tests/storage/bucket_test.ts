import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { SaveError } from "../../lib/disk/save_error.ts";
import { STATE_FOLDER } from "../../lib/disk/state_folder.ts";
import { MARK, readMark } from "../../lib/storage/bucket.ts";
import { type BucketAnswers, BucketServer, errorAnswer } from "../helpers/bucket_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { type SomeBucketOptions, withBucket } from "../helpers/some_bucket.ts";

const test = await testNeeding("net", "read", "write", "env");

const TO = { file: "a/b.bin", key: "http://host/b.bin", naming: "plain", replaces: false } as const;
const KEY = "pre/fix/a/b.bin";

/** Bytes of which each 4 are others. */
function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  new Uint32Array(bytes.buffer, 0, Math.floor(size / 4)).forEach((_, i, words) => words[i] = Math.imul(i, 0x9e3779b1));
  return bytes;
}

const LARGE = bytesOf(2 ** 23 + 5);

/** Puts a large body from a file, and says what came of it and what is left in the state folder. */
async function putLarge(answers: BucketAnswers, options: SomeBucketOptions & { signal?: AbortSignal } = {}) {
  await using server = new BucketServer(answers);
  let error: unknown;
  let left: string[] = [];
  await withBucket(server, async (bucket, folder) => {
    const path = `${folder}/body`;
    Deno.writeFileSync(path, LARGE);
    const put = bucket.put({ path, size: LARGE.length }, { ...TO, signal: options.signal });
    error = await put.then(() => undefined, (error) => error);
    left = [...Deno.readDirSync(`${folder}/${STATE_FOLDER}`)].map(({ name }) => name);
  }, options);
  return { server, error, left, stored: server.objects.get(KEY)?.bytes };
}

test("Bucket.put() puts small bodies in one request each, with what tells whose they are", async () => {
  await using server = new BucketServer();
  await withBucket(server, async (bucket) => {
    await bucket.put(bytesOf(10), TO);
    await bucket.put(new Uint8Array(0), { ...TO, file: "empty", naming: "stored" });
  });
  assertEquals(server.objects.get(KEY)?.bytes, bytesOf(10));
  assertEquals(server.objects.get("pre/fix/empty")?.bytes.length, 0);
  const marks = [...server.objects.values()].map(({ meta }) => readMark(meta[MARK]));
  assertEquals(marks.map((mark) => mark?.naming), ["plain", "stored"]);
  assertEquals(marks[0]?.key, marks[1]?.key);
  assertEquals(["", "x", undefined, "0".repeat(24) + " other 00000000"].map(readMark), new Array(4).fill(undefined));
});

test("Bucket.put() puts large bodies in parts, some at once, and leaves nothing behind", async () => {
  const { server, error, left, stored } = await putLarge({});
  assertEquals([error, left], [undefined, []]);
  assertEquals(stored, LARGE);
  assertEquals(["CREATE", "PART", "COMPLETE", "PUT"].map((what) => server.count(what)), [1, 2, 1, 0]);
  assertEquals(server.uploads.size, 0);
});

test("Bucket.put() gives up an upload whose part is refused for good", async () => {
  const { server, error, left, stored } = await putLarge({
    answer: ({ what, query }) =>
      what === "PART" && query.get("partNumber") === "2" ? errorAnswer(403, "QuotaExceeded", "no more") : undefined,
  });
  assertInstanceOf(error, CannotWriteError);
  assertStringIncludes(error.message, "the bucket is full");
  assertEquals([stored, left, server.uploads.size], [undefined, [], 0]);
});

test("Bucket.put() isn't taken in by an upload that is complete with status 200 and an error", async () => {
  const inside = () =>
    new Response("\n \n<Error><Code>InternalError</Code><Message>We encountered an error</Message></Error>");
  const again = await putLarge({ answer: ({ what, nth }) => what === "COMPLETE" && nth < 3 ? inside() : undefined });
  assertEquals([again.error, again.stored], [undefined, LARGE]);
  const never = await putLarge({ answer: ({ what }) => what === "COMPLETE" ? inside() : undefined });
  assertInstanceOf(never.error, CannotWriteError);
  assertEquals([never.stored, never.left, never.server.uploads.size], [undefined, [], 0]);
});

test("Bucket.put() isn't taken in by an endpoint that says it is complete and has nothing, or something else", async () => {
  const done = () => new Response("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>");
  const nothing = await putLarge({ answer: ({ what }) => what === "COMPLETE" ? done() : undefined });
  assertInstanceOf(nothing.error, SaveError);
  const shorter = await putLarge({
    answer({ what, key }, server) {
      if (what !== "COMPLETE") return;
      const meta = [...server.uploads.values()][0].meta;
      server.objects.set(key, { bytes: LARGE.slice(0, -1), meta });
      return done();
    },
  });
  assertInstanceOf(shorter.error, SaveError);
  assertStringIncludes(shorter.error.message, "doesn't have it as it was sent");
});

test("Bucket.put() believes no object of before where the answer is lost, and the one that is there", async () => {
  const lost = await putLarge({
    answer(call, server) {
      if (call.what !== "COMPLETE") return;
      if (call.nth === 1) server.act(call);
      return call.nth === 1 ? errorAnswer(500, "InternalError", "lost") : undefined;
    },
  });
  assertEquals([lost.error, lost.stored, lost.left], [undefined, LARGE, []]);
  const old = await putLarge({
    answer({ what, key }, server) {
      if (what !== "COMPLETE") return;
      server.objects.set(key, { bytes: bytesOf(LARGE.length), meta: { [MARK]: `${"0".repeat(24)} plain 00000000` } });
      return errorAnswer(404, "NoSuchUpload", "gone");
    },
  });
  assertInstanceOf(old.error, SaveError);
});

test("Bucket.put() takes an answer without an ETag for none", async () => {
  await using server = new BucketServer({
    answer: ({ nth }) => nth === 1 ? new Response("<html>log in</html>") : undefined,
  });
  await withBucket(server, async (bucket) => assert(await bucket.put(bytesOf(10), TO)));
  assertEquals([server.count("PUT"), server.objects.size], [2, 1]);
});

test("Bucket.put() gives up an upload when the run ends, and notes what it can't give up", async () => {
  const aborter = new AbortController();
  const parts = Promise.withResolvers<void>();
  const ended = putLarge({
    async answer({ what }) {
      if (what !== "PART") return;
      parts.resolve();
      return await new Promise<never>(() => {});
    },
  }, { signal: aborter.signal });
  await parts.promise;
  aborter.abort(new Error("enough"));
  const { error, left, server, stored } = await ended;
  assertEquals([(error as Error).message, left, server.uploads.size, stored], ["enough", [], 0, undefined]);
  const stuck = await putLarge({
    answer: ({ what }) =>
      what === "PART" || what === "ABORT" ? errorAnswer(403, "AccessDenied", "Access Denied") : undefined,
  });
  assertInstanceOf(stuck.error, CannotWriteError);
  assertEquals(stuck.left.length, 1);
  assert(stuck.left[0].endsWith(".upload"));
});

test("Bucket.put() fails one body whose key is too long, and sends nothing", async () => {
  await using server = new BucketServer();
  await withBucket(server, async (bucket) => {
    const file = ["ä".repeat(120), "b".repeat(240), "c".repeat(240), "d".repeat(240), "e".repeat(240)].join("/");
    await assertRejects(() => bucket.put(bytesOf(1), { ...TO, file }), SaveError, "1,024".replace(",", ""));
  });
  assertEquals(server.calls.size, 0);
});

test("Bucket.put() holds no more in memory than what is on its way, however much waits", async () => {
  const open = Promise.withResolvers<void>();
  await using server = new BucketServer({
    async answer() {
      await open.promise;
      return undefined;
    },
  });
  await withBucket(server, async (bucket, folder) => {
    const path = `${folder}/body`;
    Deno.writeFileSync(path, bytesOf(2 ** 23));
    const many = Array.from({ length: 6 }, (_, i) => bucket.put({ path, size: 2 ** 23 }, { ...TO, file: String(i) }));
    while (server.peak.requests < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    open.resolve();
    await Promise.all(many);
  });
  assertEquals([server.peak.requests, server.peak.bytes, server.objects.size], [4, 2 ** 25, 6]);
});

test("Bucket.put() writes over nothing that somebody else puts there meanwhile, where the endpoint can tell", async () => {
  for (const conditions of ["known", "refused with 501", "refused with 400", "ignored"] as const) {
    await using server = new BucketServer({ conditions });
    await withBucket(server, async (bucket, folder) => {
      const path = `${folder}/body`;
      Deno.writeFileSync(path, LARGE);
      server.objects.set(KEY, { bytes: bytesOf(3), meta: {} });
      server.objects.set("pre/fix/large", { bytes: bytesOf(3), meta: {} });
      const isKnown = conditions === "known";
      assertEquals(await bucket.put(bytesOf(10), TO), !isKnown);
      assertEquals(await bucket.put({ path, size: LARGE.length }, { ...TO, file: "large" }), !isKnown);
      assertEquals(
        [...server.objects.values()].map(({ bytes }) => bytes.length),
        isKnown ? [3, 3] : [10, LARGE.length],
      );
      assertEquals([server.uploads.size, server.count("PUT")], [0, conditions.startsWith("refused") ? 2 : 1]);
      assert(await bucket.put(bytesOf(11), { ...TO, replaces: true }));
      assertEquals(server.objects.get(KEY)?.bytes.length, 11);
      // What is there now is this URL's, whoever put it there
      assert(await bucket.put(bytesOf(12), TO));
      assertEquals(server.objects.get(KEY)?.bytes.length, 12);
    });
  }
});

test("Bucket.put() knows its own object again where only the answer was lost", async () => {
  await using server = new BucketServer({
    answer(call, server) {
      if (call.what !== "PUT" || call.nth > 1) return;
      server.act(call);
      return errorAnswer(500, "InternalError", "lost");
    },
  });
  await withBucket(server, async (bucket) => assert(await bucket.put(bytesOf(10), TO)));
  assertEquals([server.count("PUT"), server.count("HEAD")], [2, 1]);
});
