import { assertEquals, assertThrows } from "@std/assert";
import { Http1Error } from "../../../lib/http/http1/error.ts";
import { headEnd, parseHead } from "../../../lib/http/http1/head.ts";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const parse = (text: string) => parseHead(bytes(text));

Deno.test.each([
  ["a: b\r\n\r\nbody", 8],
  ["a: b\n\nbody", 6],
  ["a: b\n\r\nbody", 7],
  ["a: b\r\n", -1],
  ["a: b\r\n\r", -1],
  ["", -1],
])("headEnd() of %j is %d", (text, end) => {
  assertEquals(headEnd(bytes(text as string)), end);
});

Deno.test("headEnd() finds an end that comes in two packets, wherever it is cut", () => {
  const head = bytes("HTTP/1.1 200 OK\r\na: b\r\n\r\nbody");
  for (let cut = 0; cut < 25; cut++) {
    assertEquals(headEnd(head.subarray(0, cut)), -1);
    assertEquals(headEnd(head, cut), 25);
  }
});

Deno.test("parseHead() gives the status, and what the server calls it", () => {
  const read = (line: string) => {
    const { status, statusText } = parse(`${line}\r\n\r\n`);
    return [status, statusText];
  };
  assertEquals(read("HTTP/1.1 200 OK"), [200, "OK"]);
  assertEquals(read("HTTP/1.0 404 Not Found"), [404, "Not Found"]);
  assertEquals(read("HTTP/1.1 200"), [200, ""]);
  assertEquals(read("HTTP/1.1 200 "), [200, ""]);
});

Deno.test("parseHead() gives headers by name, whatever the case of their letters", () => {
  const { headers } = parse('HTTP/1.1 200 OK\r\nETag: \t"a b" \r\nX:1\r\nx: 2\r\nEmpty:\r\nset-cookie: a=b, c\r\n\r\n');
  assertEquals(["etag", "ETAG", "x", "empty", "none"].map((name) => headers.get(name)), [
    '"a b"',
    '"a b"',
    "1, 2",
    "",
    null,
  ]);
  assertEquals([headers.has("Set-Cookie"), headers.has("cookie"), headers.has("b")], [true, false, false]);
});

Deno.test("parseHead() gives a character for each byte of a value, as fetch() does", () => {
  const { headers } = parse("HTTP/1.1 200 OK\r\nlocation: /voil\xc3\xa0\r\nbroken: \xff\xa0\r\n\r\n");
  assertEquals([headers.get("location"), headers.get("broken")], ["/voil\xc3\xa0", "\xff\xa0"]);
});

Deno.test("parseHead() takes lines that end with LF alone", () => {
  const { status, headers } = parse("HTTP/1.1 200 OK\na: b\n\n");
  assertEquals([status, headers.get("a")], [200, "b"]);
});

Deno.test.each([
  ["content-length: 5", 5],
  ["content-length: 0", 0],
  ["content-length: 5\r\nContent-Length: 5", 5],
  ["content-length: 5, 5,5", 5],
  ["content-length:\r\n 5", 5],
  ["transfer-encoding:\r\n\tchunked\r\ncontent-length: 5", "chunked"],
  ["transfer-encoding: chunked", "chunked"],
  ["Transfer-Encoding: Chunked\r\ncontent-length: 5", "chunked"],
  ["a: b", "close"],
])("parseHead() says where a body with %j ends", (lines, framing) => {
  assertEquals(parse(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`).framing, framing as number | string);
});

Deno.test.each([[100], [103], [204], [304]])("parseHead() knows that status %d has no body", (status) => {
  assertEquals(parse(`HTTP/1.1 ${status} X\r\ncontent-length: 5\r\n\r\n`).framing, 0);
});

Deno.test.each([
  ["HTTP/1.1", "content-length: 5", true],
  ["HTTP/1.1", "content-length: 5\r\nConnection: x, Close", false],
  ["HTTP/1.1", "a: b", false],
  ["HTTP/1.0", "content-length: 5", false],
  ["HTTP/1.0", "content-length: 5\r\nconnection: Keep-Alive", true],
  ["HTTP/1.0", "content-length: 5\r\nconnection: keep-alive, close", false],
  ["HTTP/1.0", "content-length: 5\r\nconnection: no-keep-alive", false],
  ["HTTP/1.0", "transfer-encoding: chunked\r\nconnection: keep-alive", false],
  ["HTTP/1.1", "content-length: 5\r\nconnection: x\r\nconnection: close", false],
])("parseHead() knows whether a connection of %s with %j is kept", (version, lines, isKept) => {
  assertEquals(parse(`${version} 200 OK\r\n${lines}\r\n\r\n`).isKept, isKept as boolean);
});

Deno.test.each([
  ["what isn't HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
  ["HTTP/2", "HTTP/2 200\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status of 0", "HTTP/1.1 000 OK\r\n\r\n"],
  ["a header without a colon", "HTTP/1.1 200 OK\r\nabc\r\n\r\n"],
  ["a header without a name", "HTTP/1.1 200 OK\r\n: b\r\n\r\n"],
  ["whitespace before the colon", "HTTP/1.1 200 OK\r\na : b\r\n\r\n"],
  ["a fold before the first header", "HTTP/1.1 200 OK\r\n a: b\r\nc: d\r\n\r\n"],
  ["a fold in a name", "HTTP/1.1 200 OK\r\na\r\n : b\r\n\r\n"],
  ["a control character behind a fold", "HTTP/1.1 200 OK\r\na: b\r\n \0c\r\n\r\n"],
  ["a control character in a value", "HTTP/1.1 200 OK\r\na: b\0c\r\n\r\n"],
  ["a control character in what it calls its status", "HTTP/1.1 200 O\x1bK\r\na: b\r\n\r\n"],
  ["a byte order mark before it", "\xef\xbb\xbfHTTP/1.1 200 OK\r\na: b\r\n\r\n"],
  ["two empty lines before it", "\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\n\r\n"],
  ["a CR in a value", "HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n"],
  ["a length that is none", "HTTP/1.1 200 OK\r\ncontent-length: 5a\r\n\r\n"],
  ["a length with a sign", "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\n"],
  ["no length", "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n"],
  ["a length and no other", "HTTP/1.1 200 OK\r\ncontent-length: 5,\r\n\r\n"],
  ["a length in two lines", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n 6\r\n\r\n"],
  ["a length beside another in one line", "HTTP/1.1 200 OK\r\ncontent-length: 5, 6\r\n\r\n"],
  ["a negative length", "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n"],
  ["a length beyond all numbers", `HTTP/1.1 200 OK\r\ncontent-length: ${"9".repeat(16)}\r\n\r\n`],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n"],
  ["chunks of chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n"],
  ["a coding that it doesn't know", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n"],
])("parseHead() refuses %s", (_what, head) => {
  const { kind } = assertThrows(() => parse(head), Http1Error);
  assertEquals(kind, "protocol");
});

Deno.test("parseHead() takes a fold for a space", () => {
  const { headers } = parse("HTTP/1.1 200 OK\r\na: b\r\n  c\r\n\t\td\r\ne:\n f\r\ng: h\r\n \r\n\r\n");
  assertEquals(["a", "e", "g"].map((name) => headers.get(name)), ["b c d", "f", "h"]);
  assertEquals([headers.has("c"), headers.has("f")], [false, false]);
});

Deno.test("parseHead() skips an empty line", () => {
  const { status, headers } = parse("\r\nHTTP/1.1 404 None\r\na: b\r\n\r\n");
  assertEquals([status, headers.get("a")], [404, "b"]);
});

Deno.test("parseHead() takes no longer for a hostile head than for a long one", () => {
  const blanks = " \t".repeat(30_000);
  assertThrows(() => parse(`HTTP/1.1 200 OK\r\na:${blanks}\x01\r\n\r\n`), Http1Error);
  assertThrows(() => parse(`HTTP/1.1 200 OK\r\na: ${"\r\n \t".repeat(15_000)}\x01\r\n\r\n`), Http1Error);
  assertEquals(parse(`HTTP/1.1 200 OK\r\na:${blanks}b${blanks}\r\n\r\n`).headers.get("a"), "b");
});
