import { assertEquals, assertThrows } from "@std/assert";
import { DynamicTable } from "../../../lib/http/http2/dynamic_table.ts";
import { hpackDecode } from "../../../lib/http/http2/hpack.ts";
import { HpackError } from "../../../lib/http/http2/hpack_error.ts";
import { readHead, skipBlock } from "../../../lib/http/http2/response_head.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

function decode(hex: string, table: DynamicTable): string[] {
  const headers: string[] = [];
  hpackDecode(bytes(hex), 65_536, (name, value) => headers.push(`${name}: ${value}`), table);
  return headers;
}

const REQUESTS = [
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
  [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
  [":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
];
const LOCATION = "location: https://www.example.com";
const DATES = ["date: Mon, 21 Oct 2013 20:13:21 GMT", "date: Mon, 21 Oct 2013 20:13:22 GMT"];
const COOKIE = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const RESPONSES = [
  [":status: 302", "cache-control: private", DATES[0], LOCATION],
  [":status: 307", "cache-control: private", DATES[0], LOCATION],
  [":status: 200", "cache-control: private", DATES[1], LOCATION, "content-encoding: gzip", COOKIE],
];

Deno.test.each(
  [
    ["C.3", 4_096, [
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ], REQUESTS],
    ["C.4", 4_096, [
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ], REQUESTS],
    ["C.5", 256, [
      "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d" +
      "546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "4803 3330 37c1 c0bf",
      "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f" +
      "6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b" +
      "2076 6572 7369 6f6e 3d31",
    ], RESPONSES],
    ["C.6", 256, [
      "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7" +
      "8f0b 97c8 e9ae 82ae 43d3",
      "4883 640e ffc1 c0bf",
      "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335" +
      "dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    ], RESPONSES],
  ] as const,
)("DynamicTable has what examples %s of RFC 7541 refer to, in %d bytes", (_, maxBytes, blocks, headers) => {
  const table = new DynamicTable(maxBytes);
  assertEquals(blocks.map((block) => decode(block, table)), [...headers]);
});

Deno.test("DynamicTable keeps no more than it may, and nothing that is larger", () => {
  const table = new DynamicTable(100);
  for (const value of ["1", "2", "3"]) table.add("a", value.repeat(10)); // 43 bytes each
  assertEquals([table.at(0), table.at(1), table.at(2)], [["a", "3333333333"], ["a", "2222222222"], undefined]);
  table.add("b", "x".repeat(68));
  assertEquals([table.at(0), table.at(1)], [undefined, undefined]);
});

Deno.test("DynamicTable is empty for good once the server has confirmed that it has no bytes", () => {
  const table = new DynamicTable();
  decode("88 40 01 61 01 62", table); // a: b
  assertEquals(decode("be", table), ["a: b"]);
  assertEquals(decode("20 40 01 61 01 63", table), ["a: c"]);
  assertThrows(() => decode("be", table), HpackError, "index 62 is in the dynamic table, which was refused");
});

Deno.test("an index beyond the dynamic table ends the connection", () => {
  assertThrows(() => decode("88 be", new DynamicTable()), HpackError, "index 62 is beyond the dynamic table");
});

Deno.test("readHead() reads the same block again where it refers to the dynamic table", () => {
  const table = new DynamicTable();
  decode("40 01 61 01 62", table);
  assertEquals(readHead(bytes("88 be"), table).headers.get("a"), "b");
  skipBlock(bytes("88 40 01 61 01 63"), table); // of a stream that was given up
  assertEquals(readHead(bytes("88 be"), table).headers.get("a"), "c");
  assertEquals(readHead(bytes("88 be"), table).headers.get("a"), "c");
});
