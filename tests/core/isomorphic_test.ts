import { assertEquals } from "@std/assert";
import { isomorphicDecode, isomorphicEncode } from "../../lib/core/isomorphic.ts";

const EVERY = Uint8Array.from({ length: 256 }, (_, byte) => byte);

Deno.test.each([
  ["nothing", []],
  ["ASCII", [...EVERY.subarray(0, 128)]],
  ["every byte", [...EVERY]],
  ["UTF-8", [...new TextEncoder().encode("grüße, 日本")]],
  ["a byte order mark", [0xef, 0xbb, 0xbf, 97]],
  ["what isn't UTF-8", [0xff, 97, 0xc3]],
])("isomorphicDecode() gives a character for each byte of %s, isomorphicEncode() the bytes", (_what, bytes) => {
  const text = isomorphicDecode(Uint8Array.from(bytes as number[]));
  assertEquals(Array.from(text, (character) => character.charCodeAt(0)), bytes as number[]);
  assertEquals([...isomorphicEncode(text)], bytes as number[]);
});
