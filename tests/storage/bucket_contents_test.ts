import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { downloadKey, OutputFolder } from "../../lib/disk/output_folder.ts";
import { Saver } from "../../lib/disk/save.ts";
import { STATE_FOLDER } from "../../lib/disk/state_folder.ts";
import type { Bucket } from "../../lib/storage/bucket.ts";
import { BucketContents, type BucketContentsOptions, stateFolderOf } from "../../lib/storage/bucket_contents.ts";
import { BUCKET, BucketServer, errorAnswer } from "../helpers/bucket_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { withBucket } from "../helpers/some_bucket.ts";

const test = await testNeeding("net", "read", "write", "env");

const text = (said: string) => new TextEncoder().encode(said);
const URLS = ["http://host/a.bin", "http://host/b/a.bin", "http://host/c.bin"];

const open = (bucket: Bucket, folder: string, options: BucketContentsOptions = {}) =>
  OutputFolder.open(folder, { ...options, contents: new BucketContents(bucket, options) });

/** Enters URLs, puts what is new, and says what each was and is called. */
async function run(bucket: Bucket, folder: string, urls: readonly string[]) {
  using opened = await open(bucket, folder);
  using saver = new Saver(folder, { names: opened.names.shared, destination: bucket });
  const entries = urls.map((url) => ({ url, entry: opened.enter({ url }) }));
  const said: string[] = [];
  for (const { url, entry } of entries) {
    if (entry.state === "new") await saver.saveBytes(text(url), { ...entry, key: downloadKey({ url }) });
    said.push(entry.state === "duplicate" ? entry.state : `${entry.state} ${entry.file}`);
  }
  return said;
}

test("a bucket is resumed by its journal and its list", async () => {
  await using server = new BucketServer({ page: 2 });
  await withBucket(server, async (bucket, folder) => {
    const first = await run(bucket, folder, URLS);
    assertEquals(first.map((said) => said.split(" ")[0]), ["new", "new", "new"]);
    const puts = server.count("PUT");
    const names = first.map((said) => said.split(" ")[1]);
    assertEquals(await run(bucket, folder, URLS.toReversed()), names.toReversed().map((name) => `done ${name}`));
    assertEquals([server.count("PUT") - puts, server.count("HEAD")], [0, 0]);
    server.objects.delete(`pre/fix/${names[0]}`);
    server.objects.set(`pre/fix/${names[1]}`, { bytes: text("other"), meta: {} });
    const again = await run(bucket, folder, URLS);
    assertEquals(again, [`new ${names[0]}`, `new ${names[1]}`, `done ${names[2]}`]);
    assertEquals(Object.values(server.texts()).sort(), URLS.toSorted());
  });
});

test("a bucket whose journal is lost, or that another machine has put objects into, is asked what they are of, once", async () => {
  await using server = new BucketServer({ page: 2 });
  server.objects.set("pre/fix/c.bin", { bytes: text("somebody's"), meta: {} });
  let names: string[] = [];
  await withBucket(server, async (bucket, folder) => {
    names = (await run(bucket, folder, URLS)).map((said) => said.split(" ")[1]);
  });
  assert(names[2].startsWith("c~"));
  await withBucket(server, async (bucket, folder) => {
    const heads = server.count("HEAD");
    assertEquals(await run(bucket, folder, URLS), names.map((name) => `done ${name}`));
    assertEquals(server.count("HEAD") - heads, 4);
    assertEquals(await run(bucket, folder, URLS), names.map((name) => `done ${name}`));
    // But for what is nobody's, which is asked again
    assertEquals(server.count("HEAD") - heads, 5);
  });
  assertEquals(server.texts()["pre/fix/c.bin"], "somebody's");
});

test("an object that no run has put there is never written over, however its name is spelt", async () => {
  await using server = new BucketServer();
  for (const key of ["pre/fix/A.BIN", "pre/fix/c.bin/x"]) server.objects.set(key, { bytes: text("mine"), meta: {} });
  await withBucket(server, async (bucket, folder) => {
    const said = await run(bucket, folder, URLS);
    assert(said.every((each) => /^new [ac]~/.test(each)), said.join());
  });
  assertEquals(Object.values(server.texts()).filter((each) => each === "mine").length, 2);
  assertEquals(server.objects.size, 5);
});

test("what is outside the prefix isn't looked at", async () => {
  await using server = new BucketServer();
  for (const key of ["a.bin", "pre/fixed/a.bin", "pre/fix"]) server.objects.set(key, { bytes: text("x"), meta: {} });
  await withBucket(server, async (bucket, folder) => {
    assertEquals((await run(bucket, folder, URLS))[0], "new a.bin");
  });
});

test("uploads that a killed run has left are given up, and nobody else's", async () => {
  const begun = (key: string) => ({ key, parts: new Map(), meta: {}, bytes: text("") });
  for (const canList of [true, false]) {
    await using server = new BucketServer({
      answer: ({ what }) => what === "UPLOADS" && !canList ? errorAnswer(501, "NotImplemented", "no") : undefined,
    });
    server.uploads.set("known", begun("pre/fix/a"));
    server.uploads.set("unknown", begun("pre/fix/b"));
    server.uploads.set("other", begun("pre/fix/bb"));
    await withBucket(server, async (bucket, folder) => {
      const note = (name: string, what: string) =>
        Deno.writeTextFileSync(`${folder}/${STATE_FOLDER}/${name}.upload`, what);
      note("1", JSON.stringify({ key: "pre/fix/a", uploadId: "known" }));
      note("2", JSON.stringify({ key: "pre/fix/b" }));
      note("3", '{"key": "pre');
      note("4", JSON.stringify({ key: "pre/fix/z", uploadId: "gone" }));
      (await open(bucket, folder))[Symbol.dispose]();
      const left = [...Deno.readDirSync(`${folder}/${STATE_FOLDER}`)].filter(({ name }) => name.endsWith(".upload"));
      assertEquals(left, []);
    });
    assertEquals([...server.uploads.keys()], canList ? ["other"] : ["unknown", "other"]);
  }
});

test("a bucket that is only looked at is left as it is, and so is this machine", async () => {
  await using server = new BucketServer();
  server.objects.set("pre/fix/a.bin", { bytes: text("x"), meta: {} });
  await withBucket(server, async (bucket, folder) => {
    Deno.removeSync(`${folder}/${STATE_FOLDER}`);
    using opened = await open(bucket, folder, { readOnly: true });
    const entry = opened.enter({ url: URLS[0] });
    assert(entry.state === "new" && entry.file.startsWith("a~"));
    assertEquals([...Deno.readDirSync(folder)], []);
  });
  assertEquals([...server.calls.keys()], ["LIST "]);
});

test("a state folder is that of one bucket, one prefix and one endpoint", async () => {
  await using server = new BucketServer();
  await using other = new BucketServer();
  await withBucket(server, async (bucket, folder) => {
    (await open(bucket, folder))[Symbol.dispose]();
    await withBucket(other, async (bucket) => {
      const { message } = await assertRejects(() => open(bucket, folder), CannotWriteError, "--state");
      assertStringIncludes(message, `s3://${BUCKET}/pre/fix at ${server.url}`);
    });
    (await open(bucket, folder))[Symbol.dispose]();
  });
});

test("opening a bucket that can't be used says why in one line, and leaves no lock", async () => {
  const answers: Response[] = [];
  await using server = new BucketServer({ answer: () => answers[0]?.clone() });
  await withBucket(server, async (bucket, folder) => {
    answers[0] = errorAnswer(404, "NoSuchBucket", "The specified bucket does not exist");
    const { message, exitCode } = await assertRejects(() => open(bucket, folder), CannotWriteError);
    assertEquals(exitCode, 3);
    assertEquals(
      message,
      `cannot use the bucket (s3://${BUCKET}/pre/fix at ${server.url}): ` +
        "there is no such bucket: create it, or look at its name, --s3-endpoint and AWS_REGION (NoSuchBucket)",
    );
    answers.pop();
    (await open(bucket, folder))[Symbol.dispose]();
  });
});

test("stateFolderOf() names a folder of the working directory by the bucket and the prefix", () => {
  assertEquals(stateFolderOf({ bucket: "stuff", prefix: "" }), "stuff.state");
  assertEquals(stateFolderOf({ bucket: "stuff", prefix: "a b/ä" }), "stuff_a_b__.state");
  assertEquals(stateFolderOf({ bucket: "stuff", prefix: "x".repeat(500) }).length, 106);
});
