import { assert, assertEquals } from "@std/assert";
import { streamBody } from "../../site/body.ts";

const part = (start: number, length: number) => Uint8Array.from({ length }, (_, i) => (start + i) % 256);

async function pieces(stream: ReadableStream<Uint8Array>) {
  return await Array.fromAsync(stream);
}

Deno.test("streamBody() sends every byte once, in pieces of 65,536", async () => {
  const sizes = (await pieces(streamBody({ part, length: 150_000 }))).map((piece) => piece.byteLength);
  assertEquals(sizes, [65_536, 65_536, 18_928]);
  const all = await new Response(streamBody({ part, length: 150_000 })).bytes();
  assertEquals(all, part(0, 150_000));
});

Deno.test("streamBody() cuts pieces as asked", async () => {
  const sizes = (await pieces(streamBody({ part, length: 10, chunkSize: 4 }))).map((piece) => piece.byteLength);
  assertEquals(sizes, [4, 4, 2]);
});

Deno.test("streamBody() spreads a body over its duration", async () => {
  for (const length of [0, 1, 3, 1_000]) {
    const start = performance.now();
    const all = await new Response(streamBody({ part, length, duration: 120 })).bytes();
    assert(performance.now() - start >= 119);
    assertEquals(all, part(0, length));
  }
});

Deno.test("streamBody() makes nothing before it is taken, and stops when nobody takes more", async () => {
  const made: number[] = [];
  const stream = streamBody({ part: (start, length) => (made.push(start), part(start, length)), length: 2 ** 30 });
  assertEquals(made, []);
  const reader = stream.getReader();
  await reader.read();
  assertEquals(made, [0]);
  await reader.cancel();
  assertEquals(made, [0]);
});

Deno.test("streamBody() gives up its wait when nobody takes more", async () => {
  const reader = streamBody({ part, length: 10, duration: 600_000 }).getReader();
  const reading = reader.read();
  await reader.cancel();
  assertEquals((await reading).done, true);
});
