import { assertEquals } from "@std/assert";
import { askForRest, judgeRest, type Partial, validatorOf, wholeLength } from "../lib/partial.ts";

const url = "http://a/1";
const date = "Sun, 06 Nov 1994 08:49:37 GMT";
const before = "Sun, 06 Nov 1994 08:48:00 GMT";

function response(status: number, headers: Record<string, string>): Response {
  return new Response(null, { status, headers });
}

Deno.test.each([
  ["a strong ETag", { etag: '"a"' }, { url, ifRange: '"a"' }],
  ["a strong ETag before a date", { etag: '"a"', date, "last-modified": before }, { url, ifRange: '"a"' }],
  ["the length too", { etag: '"a"', "content-length": "7" }, { url, ifRange: '"a"', length: 7 }],
  ["a date that is older than a minute", { date, "last-modified": before }, { url, ifRange: before }],
  ["no date that is too fresh", { date, "last-modified": date }, undefined],
  ["no date without that of the response", { "last-modified": before }, undefined],
  ["no weak ETag", { etag: 'W/"a"', date, "last-modified": before }, undefined],
  ["nothing of a decoded body", { etag: '"a"', "content-encoding": "gzip" }, undefined],
  ["nothing without ranges", { etag: '"a"', "accept-ranges": "none" }, undefined],
  ["nothing of nothing", {}, undefined],
])("validatorOf() takes %s", (_what, headers, expected) => {
  assertEquals(validatorOf(url, response(200, headers as Record<string, string>)), expected);
});

Deno.test("validatorOf() takes the length of a 206 from Content-Range", () => {
  const headers = { etag: '"a"', "content-length": "5", "content-range": "bytes 5-9/10" };
  assertEquals(validatorOf(url, response(206, headers)), { url, ifRange: '"a"', length: 10 });
});

Deno.test("wholeLength() is what Content-Length says of a body that isn't decoded", () => {
  assertEquals(wholeLength(response(200, { "content-length": "0" })), 0);
  assertEquals(wholeLength(response(200, { "content-length": "5", "content-encoding": "br" })), undefined);
  assertEquals(wholeLength(response(200, { "content-length": "5, 5" })), undefined);
  assertEquals(wholeLength(response(200, {})), undefined);
});

Deno.test("askForRest() asks from where it broke off, or for the last byte of what seems whole", () => {
  const headers = (range: string) => ({ range, "if-range": '"a"' });
  assertEquals(askForRest({ url, ifRange: '"a"' }, 5), { bytes: 5, headers: headers("bytes=5-") });
  assertEquals(askForRest({ url, ifRange: '"a"', length: 10 }, 5), { bytes: 5, headers: headers("bytes=5-") });
  assertEquals(askForRest({ url, ifRange: '"a"', length: 10 }, 10), { bytes: 9, headers: headers("bytes=9-") });
  assertEquals(askForRest({ url, ifRange: '"a"', length: 10 }, 99), { bytes: 9, headers: headers("bytes=9-") });
});

Deno.test.each([
  [206, { "content-range": "bytes 5-9/10" }, "rest"],
  [206, { "content-range": "bytes 5-9/10", etag: '"a"' }, "rest"],
  [206, { "content-range": "bytes 5-9/*" }, "rest"],
  [206, { "content-range": "bytes 5-9/10", etag: '"b"' }, "neither"],
  [206, { "content-range": "bytes 0-9/10" }, "neither"],
  [206, { "content-range": "bytes 6-9/10" }, "neither"],
  [206, { "content-range": "bytes 5-8/10" }, "neither"],
  [206, { "content-range": "bytes 5-10/11" }, "neither"],
  [206, { "content-range": "bytes 5-4/10" }, "neither"],
  [206, { "content-range": "lines 5-9/10" }, "neither"],
  [206, { "content-range": "bytes 5-9/10", "content-encoding": "gzip" }, "neither"],
  [206, { "content-type": "multipart/byteranges; boundary=x" }, "neither"],
  [206, {}, "neither"],
  [200, { etag: '"b"' }, "whole"],
  [200, { etag: '"a"' }, "whole"],
  [416, { "content-range": "bytes */3" }, "neither"],
  [404, {}, "failure"],
  [503, {}, "failure"],
])("judgeRest() of %d %o is %s", (status, headers, answer) => {
  const partial: Partial = { url, ifRange: '"a"', length: 10, path: "", ...askForRest({ url, ifRange: '"a"' }, 5) };
  assertEquals(judgeRest(partial, response(status, headers as Record<string, string>)), answer);
});
