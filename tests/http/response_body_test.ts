import { assert, assertEquals, assertRejects } from "@std/assert";
import { chunksOf } from "../../lib/http/response_body.ts";
import { testNeeding } from "../helpers/needs.ts";

const netTest = await testNeeding("net");

/** A byte stream that gives these chunks, each when it is asked for more, and ends, or breaks with an error. */
function streamOf(chunks: Iterable<Uint8Array<ArrayBuffer>>, error?: Error, onCancel = () => {}): ReadableStream {
  const source = chunks[Symbol.iterator]();
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { done, value } = source.next();
      if (!done) controller.enqueue(value);
      else if (error) controller.error(error);
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: onCancel,
  });
}

function* numbered(sizes: number[]): Generator<Uint8Array<ArrayBuffer>> {
  let at = 0;
  for (const size of sizes) yield Uint8Array.from({ length: size }, () => at++ % 251);
}

/** A response with this body, as `fetch()` gives it. */
function responseWith(body: ReadableStream | null): Response {
  const response = new Response();
  return Object.defineProperty(response, "body", { value: body });
}

const attempt = () => ({ bytes: 0, lastDataAt: 0 });

async function all(stream: ReadableStream | null, noted = attempt()): Promise<number[]> {
  const bytes: number[] = [];
  for await (const chunk of chunksOf(responseWith(stream), noted)) for (const byte of chunk) bytes.push(byte);
  assertEquals(noted.bytes, bytes.length);
  return bytes;
}

for (
  const sizes of [
    [],
    [1],
    [3, 1, 2],
    [16_384],
    [16_385, 5],
    [100_000, 1, 100_000],
    Array(500).fill(1_000),
    Array(
      3_000,
    ).fill(1),
  ]
) {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  Deno.test(`chunksOf() gives all ${total} bytes of ${sizes.length} packets, in their order`, async () => {
    assertEquals(await all(streamOf(numbered(sizes))), Array.from({ length: total }, (_, at) => at % 251));
  });
}

Deno.test("chunksOf() takes many packets in one step once they come quickly", async () => {
  let chunks = 0;
  for await (const _ of chunksOf(responseWith(streamOf(numbered(Array(4_000).fill(1_000)))), attempt())) chunks++;
  assert(chunks < 400, `${chunks} steps for 4,000 packets`);
});

Deno.test("chunksOf() hands on what comes slowly at once", async () => {
  const body = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      controller.enqueue(new Uint8Array([1]));
    },
  });
  const chunks = chunksOf(responseWith(body), attempt());
  for (let n = 0; n < 5; n++) assertEquals((await chunks.next()).value, new Uint8Array([1]));
  await chunks.return();
});

Deno.test("chunksOf() throws what the body breaks with", async () => {
  const broken = new TypeError("reset");
  assertEquals(await assertRejects(() => all(streamOf(numbered([10, 10]), broken))), broken);
});

Deno.test("chunksOf() cancels a body that is left before its end, and none that came to it", async () => {
  let cancelled = 0;
  const body = streamOf(numbered([10, 10]), undefined, () => cancelled++);
  for await (const _ of chunksOf(responseWith(body), attempt())) break;
  assertEquals(cancelled, 1);
  await all(streamOf(numbered([10, 10]), undefined, () => cancelled++));
  assertEquals(cancelled, 1);
});

Deno.test("chunksOf() gives nothing of a response without a body", async () => {
  assertEquals(await all(null), []);
});

netTest("chunksOf() reads what fetch() gives", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    return request.url.endsWith("empty") ? new Response() : new Response("x".repeat(300_000));
  });
  const noted = attempt();
  for (const page of ["full", "empty"]) {
    for await (const _ of chunksOf(await fetch(`http://127.0.0.1:${server.addr.port}/${page}`), noted));
  }
  assertEquals(noted.bytes, 300_000);
  assert(noted.lastDataAt > 0);
  await server.shutdown();
});
