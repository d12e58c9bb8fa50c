import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BucketError } from "../../lib/storage/bucket_error.ts";
import { checkedBody } from "../../lib/storage/checked_body.ts";
import { listObjects } from "../../lib/storage/listing.ts";
import { putRequest } from "../../lib/storage/multipart.ts";
import { BucketServer, errorAnswer, KEYS } from "../helpers/bucket_server.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { withBucket } from "../helpers/some_bucket.ts";

const test = await testNeeding("net", "read", "write", "env");

const HELLO = new TextEncoder().encode("hello");
const list = { method: "GET", query: { prefix: "" } } as const;

test("BucketClient signs requests for any key as the documentation of S3 says", async () => {
  await using server = new BucketServer();
  const keys = ["a", "a b+c&d=e?f#g%2F", "ä/ö/~_.-", "!'()*", "日本語", "a//b", "%", "😀", "x:y@z;,$"];
  await withBucket(server, async ({ client }) => {
    for (const key of keys) await client.send(putRequest(key, await checkedBody(HELLO)));
  });
  assertEquals([...server.objects.keys()].sort(), keys.toSorted());
  assertEquals(server.count("PUT"), keys.length);
});

test("BucketClient sends the session token, signed", async () => {
  await using server = new BucketServer({ token: "a/token+=" });
  await withBucket(server, async ({ client }) => {
    await client.send(list);
  }, { sessionToken: "a/token+=" });
  assertEquals(server.count("LIST"), 1);
});

test("BucketClient waits longer and longer while it is told to slow down, and goes on", async () => {
  await using server = new BucketServer({
    answer: ({ nth }) => nth <= 3 ? errorAnswer(503, "SlowDown", "Please reduce your request rate.") : undefined,
  });
  const waits: number[] = [];
  await withBucket(server, async ({ client }) => {
    await client.send(list);
  }, { onWait: (attempt) => waits.push(attempt) });
  assertEquals(waits, [1, 2, 3]);
});

test("BucketClient gives up in the end, and sends nothing again that is refused, or where nothing is to be retried", async () => {
  const answers: Record<string, Response> = {};
  await using server = new BucketServer({ answer: ({ key }) => answers[key]?.clone() });
  answers.busy = errorAnswer(503, "SlowDown", "Please reduce your request rate.");
  answers.denied = errorAnswer(403, "AccessDenied", "Access Denied");
  await withBucket(server, async ({ client }) => {
    const { message } = await assertRejects(() => client.send({ method: "HEAD", key: "busy" }), BucketError);
    assertStringIncludes(message, "503");
    await assertRejects(() => client.send({ method: "GET", key: "denied" }), BucketError, "access is denied");
  });
  assertEquals([server.calls.get("HEAD busy"), server.calls.get("GET denied")], [4, 1]);
  await withBucket(server, async ({ client }) => {
    await assertRejects(() => client.send({ method: "HEAD", key: "busy" }), BucketError);
  }, { settings: { retries: 0, retryMaxTimeMs: 60_000 } });
  assertEquals(server.calls.get("HEAD busy"), 5);
});

test("BucketClient sends again what was damaged or cut off on its way, and after no answer in time", async () => {
  let hang = true;
  await using server = new BucketServer({
    answer({ key, nth }) {
      if (key === "damaged" && nth === 1) return errorAnswer(400, "BadDigest", "other bytes came");
      if (key === "late" && hang) {
        hang = false;
        return new Promise(() => {});
      }
    },
  });
  await withBucket(server, async ({ client }) => {
    await client.send(putRequest("damaged", await checkedBody(HELLO)));
    await client.send(putRequest("late", await checkedBody(HELLO)), { deadlineMs: 300 });
  });
  assertEquals(server.texts(), { damaged: "hello", late: "hello" });
});

test("BucketClient follows no redirect, which would take its signature elsewhere", async () => {
  await using other = new CountingServer();
  await using server = new BucketServer({
    answer: () => errorAnswer(307, "TemporaryRedirect", "elsewhere", { location: other.url }),
  });
  await withBucket(server, async ({ client }) => {
    await assertRejects(() => client.send(list), BucketError, "AWS_REGION");
  });
  assertEquals(other.requests.size, 0);
});

test("BucketClient shows no secret, even if the endpoint quotes it", async () => {
  const quoted = `${KEYS.secretAccessKey} and ${KEYS.accessKeyId} and geheimer-token`;
  await using server = new BucketServer({ answer: () => errorAnswer(403, "Odd", quoted) });
  await withBucket(server, async ({ client }) => {
    const error = await assertRejects(() => client.send(list), BucketError);
    const { message } = error.asFailure("cannot");
    for (const secret of quoted.split(" and ")) assert(!`${message} ${error.message}`.includes(secret), message);
  }, { sessionToken: "geheimer-token" });
});

test("BucketClient says what is wrong where nothing listens, and where there is no end", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  const ports = [[listener.addr.port, "moment", "refused"], [1, "bucket", "blocked"]] as const;
  for (const [port, concern, words] of ports) {
    await withBucket({ url: `http://127.0.0.1:${port}` }, async ({ client }) => {
      const error = await assertRejects(() => client.send(list), BucketError);
      assertEquals(error.concern, concern);
      assertStringIncludes(error.message.toLowerCase(), words);
    });
  }
  const endless = new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(2 ** 20)) });
  await using server = new BucketServer({ answer: () => new Response(endless) });
  await withBucket(server, async ({ client }) => {
    await assertRejects(() => client.send(list), BucketError, "no end");
  });
});

test("BucketClient ends at once when its signal is aborted, also while it waits", async () => {
  const aborter = new AbortController();
  await using server = new BucketServer({ answer: () => new Promise(() => {}) });
  await withBucket(server, async ({ client }) => {
    const sent = client.send(list, { signal: aborter.signal });
    aborter.abort(new Error("enough"));
    await assertRejects(() => sent, Error, "enough");
  });
});

test("listObjects() reads every page, whether keys are encoded or not", async () => {
  for (const encodes of [true, false]) {
    await using server = new BucketServer({ page: 3, encodes });
    const keys = ["p/ä &<b>", "p/+", "p/1", "p/2", "p/%41", "p/😀", "p/z/y"];
    for (const key of [...keys, "q/1"]) server.objects.set(key, { bytes: HELLO, meta: {} });
    await withBucket(server, async ({ client }) => {
      const pages = await Array.fromAsync(listObjects(client, "p/"));
      assertEquals(pages.flat().map(({ key }) => key).sort(), keys.toSorted());
      assert(pages.flat().every(({ size }) => size === 5));
      assertEquals(server.count("LIST"), 3);
    });
  }
});

test("listObjects() ends with an endpoint whose list doesn't, and takes nothing else for a list", async () => {
  const page =
    "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>";
  const answers = [page, page.replace("<Contents>", "<Other>"), page.replace("1</Size>", "-1</Size>")];
  for (const text of answers) {
    await using server = new BucketServer({ answer: () => new Response(text) });
    await withBucket(server, async ({ client }) => {
      await assertRejects(() => Array.fromAsync(listObjects(client, "")), BucketError, "the endpoint's list");
    });
  }
  for (const text of ["<html>welcome</html>", "", page.slice(0, 60)]) {
    await using server = new BucketServer({ answer: () => new Response(text) });
    await withBucket(server, async ({ client }) => {
      await assertRejects(() => Array.fromAsync(listObjects(client, "")), BucketError, "is no list");
    });
  }
});
