import { assertEquals, assertThrows } from "@std/assert";
import { hpackDecode } from "../../../lib/http/http2/hpack.ts";
import { HpackError } from "../../../lib/http/http2/hpack_error.ts";
import { huffmanDecode } from "../../../lib/http/http2/huffman.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

function decode(hex: string, maxBytes = 65_536): string[] {
  const headers: string[] = [];
  hpackDecode(bytes(hex), maxBytes, (name, value) => headers.push(`${name}: ${value}`));
  return headers;
}

// The examples of RFC 7541, Appendix C, as far as they refer to no entry of a dynamic table
Deno.test.each(
  [
    ["C.2.1", "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", ["custom-key: custom-header"]],
    ["C.2.2", "040c 2f73 616d 706c 652f 7061 7468", [":path: /sample/path"]],
    ["C.2.3", "1008 7061 7373 776f 7264 0673 6563 7265 74", ["password: secret"]],
    ["C.2.4", "82", [":method: GET"]],
    [
      "C.3.1",
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
    ],
    [
      "C.4.1",
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
    ],
    [
      "C.5.1",
      "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 54" +
      "6e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      [
        ":status: 302",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
      ],
    ],
    [
      "C.6.1",
      "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7" +
      "8f0b 97c8 e9ae 82ae 43d3",
      [
        ":status: 302",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
      ],
    ],
  ] as const,
)("hpackDecode() decodes example %s of RFC 7541", (_, hex, headers) => {
  assertEquals(decode(hex), [...headers]);
});

// Those that do: a client that announces a table of size 0 gets none of them (RFC 9113 §4.3.1)
Deno.test.each(
  [
    ["C.3.2", "8286 84be 5808 6e6f 2d63 6163 6865", 62],
    ["C.3.3", "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", 63],
    ["C.4.2", "8286 84be 5886 a8eb 1064 9cbf", 62],
    ["C.4.3", "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", 63],
    ["C.5.2", "4803 3330 37c1 c0bf", 65],
    [
      "C.5.3",
      "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d" +
      "4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076" +
      "6572 7369 6f6e 3d31",
      65,
    ],
    ["C.6.2", "4883 640e ffc1 c0bf", 65],
    [
      "C.6.3",
      "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf" +
      "cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
      65,
    ],
  ] as const,
)("hpackDecode() refuses example %s of RFC 7541 for its dynamic table", (_, hex, index) => {
  assertThrows(() => decode(hex), HpackError, `index ${index} is in the dynamic table, which was refused`);
});

Deno.test("hpackDecode() takes a change of the table's size to 0 at the beginning of a block", () => {
  assertEquals(decode("20 88"), [":status: 200"]);
});

Deno.test.each(
  [
    ["an index that no table has", "be", "index 62 is in the dynamic table"],
    ["index 0", "80", "index 0"],
    ["a name's index of no table", "7f 80 01 00", "index"],
    ["a table larger than was allowed", "3f e1 1f", "larger"],
    ["a change of the table's size behind a header", "88 20", "behind"],
    ["a string that is longer than the block", "00 05 61 62", "cut short"],
    ["a name without a value", "00 01 61", "cut short"],
    ["an integer without an end", "7f ff ff ff ff ff ff ff ff ff", "too large"],
    ["an integer that is cut short", "ff", "cut short"],
    ["Huffman's end of string", "00 84 ff ff ff ff 00", "stands for nothing"],
    ["padding of more than seven bits", "00 82 1f ff 00", "cut short"],
    ["padding that isn't ones", "00 81 18 00", "cut short"],
  ] as const,
)("hpackDecode() refuses %s", (_, hex, message) => {
  assertThrows(() => decode(hex), HpackError, message);
});

Deno.test("hpackDecode() bounds what a block may become", () => {
  assertThrows(() => decode("88".repeat(100), 1_000), HpackError, "more than 1000 bytes");
});

/** Every byte from 0 to 255, one after another, by RFC 7541, Appendix B. */
const EVERY_BYTE = [
  "ffc7fffd8fffffe2fffffe3fffffe4fffffe5fffffe6fffffe7fffffe8ffffeafffffff3fffffa7fffffabffffffdfffffeb",
  "fffffecfffffedfffffeefffffefffffff0ffffff1ffffff2fffffffbfffffcffffffd3fffffd7fffffdbfffffdffffffe3f",
  "ffffe7fffffebfffffed4fe3f9ffaffcabf1febfafefe7fdfd2cbb00089969b71d79fb9f7fff20ffbff3ff50ddbd7f061c58",
  "f265cd9f469d5af66dddbf871e5f9cff7ff7fffc3ff9ffe45fff4719242cb34e6e9d68a6a3d7dac426defe3cfaf7fffbfe7f",
  "fbffdffffffcfffe6ffff4bfff9ffffa3fffd3ffff53fffd5ffffb3fffeb7fffdaffffb7ffff73fffeeffffdeffffebffffb",
  "fffffd9ffffdbfffebffffe0ffffeeffffc3ffff8bffff1ffffe4fffee7fffb1ffff97fffd9ffffcdffff9fffffbffffdaff",
  "feeffff4ffffb7fffee7fffe8ffffd3fffdeffffd5fffeeffffbdffffe1fffdfffff7fffff5ffffecffff07fff87fffe0fff",
  "f17fffedffff87ffff77fffeffffeaffff8bfffe3ffff93ffff87fffcbffff37ffff1fffff83ffffe1fffebfffe3ffff3fff",
  "ff2ffffa3ffffd9fffff17ffffc7fffff27ffffdefffffbffffff2fffff8fffffb7fff97fff8fffffe6fffffc1fffff87fff",
  "fe7fffffc5ffffe5fffe4ffff2fffffd1fffff4ffffffefffffe3fffffc9fffff97fffb3ffffcffffb7fffcdffff4ffff9ff",
  "ffd1ffffcffffeaffffafffffddffffeffffff4fffff5fffffabffffa7ffffd7fffff9bffffecfffffb7fffff3fffffe8fff",
  "ffd3fffffabfffff5fffffff7ffffecfffffdbfffffbbfffff7ffffff0fffffbbf",
].join("");

Deno.test("huffmanDecode() decodes every byte", () => {
  assertEquals(huffmanDecode(bytes(EVERY_BYTE)), String.fromCharCode(...Array(256).keys()));
});
