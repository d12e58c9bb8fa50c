import { assertEquals } from "@std/assert";
import { judgeAnswer, type Resumable, resumeRequest, validatorOf, wholeLength } from "../../lib/disk/resume.ts";

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
  ["no ETag that is none", { etag: '"a', date, "last-modified": before }, undefined],
  ["no list of ETags", { etag: '"a", "b"' }, undefined],
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

Deno.test("resumeRequest() asks from where it broke off, or for the last byte of what seems whole", () => {
  const headers = (range: string) => ({ range, "if-range": '"a"' });
  assertEquals(resumeRequest({ url, ifRange: '"a"' }, 5), { bytes: 5, headers: headers("bytes=5-") });
  assertEquals(resumeRequest({ url, ifRange: '"a"', length: 10 }, 5), { bytes: 5, headers: headers("bytes=5-") });
  assertEquals(resumeRequest({ url, ifRange: '"a"', length: 10 }, 10), { bytes: 9, headers: headers("bytes=9-") });
  assertEquals(resumeRequest({ url, ifRange: '"a"', length: 10 }, 99), { bytes: 9, headers: headers("bytes=9-") });
});

Deno.test.each([
  [206, { "content-range": "bytes 5-9/10", etag: '"a"' }, "resumed"],
  [206, { "content-range": "bytes 5-9/10", etag: '"a"', "content-length": "5" }, "resumed"],
  [206, { "content-range": "bytes 5-9/10", etag: '"a"', "content-length": "4", "transfer-encoding": "x" }, "resumed"],
  [206, { "content-range": "bytes 5-9/*", etag: '"a"' }, "resumed"],
  [206, { "content-range": "bytes 5-9/10" }, "neither"],
  [206, { "content-range": "bytes 5-9/10", etag: '"b"' }, "neither"],
  [206, { "content-range": "bytes 5-9/10", etag: 'W/"a"' }, "neither"],
  [206, { "content-range": "bytes 5-9/10", "last-modified": before }, "neither"],
  [206, { "content-range": "bytes 5-9/10", etag: '"a"', "content-length": "6" }, "neither"],
  [206, { "content-range": "bytes 0-9/10", etag: '"a"' }, "neither"],
  [206, { "content-range": "bytes 6-9/10", etag: '"a"' }, "neither"],
  [206, { "content-range": "bytes 5-8/10", etag: '"a"' }, "neither"],
  [206, { "content-range": "bytes 5-8/*", etag: '"a"' }, "neither"],
  [206, { "content-range": "bytes 5-8/9", etag: '"a"' }, "neither"],
  [206, { "content-range": "bytes 5-10/11", etag: '"a"' }, "neither"],
  [206, { "content-range": "bytes 5-4/10", etag: '"a"' }, "neither"],
  [206, { "content-range": "lines 5-9/10", etag: '"a"' }, "neither"],
  [206, { "content-range": "bytes 5-9/10, bytes 5-9/10", etag: '"a"' }, "neither"],
  [206, { "content-range": "bytes 5-9/10", etag: '"a"', "content-encoding": "gzip" }, "neither"],
  [206, { "content-range": "bytes 5-9/10", etag: '"a"', "content-type": "multipart/byteranges" }, "neither"],
  [206, { "content-type": "multipart/byteranges; boundary=x", etag: '"a"' }, "neither"],
  [206, { etag: '"a"' }, "neither"],
  [200, { etag: '"b"' }, "whole"],
  [200, { etag: '"a"' }, "whole"],
  [416, { "content-range": "bytes */3" }, "neither"],
  [404, {}, "failure"],
  [503, {}, "failure"],
])("judgeAnswer() of %d %o is %s", (status, headers, answer) => {
  const resumable: Resumable = {
    url,
    ifRange: '"a"',
    length: 10,
    path: "",
    ...resumeRequest({ url, ifRange: '"a"' }, 5),
  };
  assertEquals(judgeAnswer(resumable, response(status, headers as Record<string, string>)), answer);
});

Deno.test.each([
  ["the same date", { "content-range": "bytes 5-9/10", "last-modified": before }, "resumed"],
  ["another date", { "content-range": "bytes 5-9/10", "last-modified": date }, "neither"],
  ["no date", { "content-range": "bytes 5-9/10" }, "neither"],
  [
    "an ETag where there was none",
    { "content-range": "bytes 5-9/10", "last-modified": before, etag: '"a"' },
    "neither",
  ],
])("judgeAnswer() of a part of what has a date, with %s", (_what, headers, answer) => {
  const resumable: Resumable = { url, ifRange: before, path: "", ...resumeRequest({ url, ifRange: before }, 5) };
  assertEquals(judgeAnswer(resumable, response(206, headers as Record<string, string>)), answer);
});

Deno.test("judgeAnswer() of a part whose end can't be known to be the end of the whole is neither", () => {
  const resumable: Resumable = { url, ifRange: '"a"', path: "", ...resumeRequest({ url, ifRange: '"a"' }, 5) };
  const judge = (range: string) => judgeAnswer(resumable, response(206, { etag: '"a"', "content-range": range }));
  assertEquals([judge("bytes 5-9/10"), judge("bytes 5-9/*")], ["resumed", "neither"]);
});

Deno.test("judgeAnswer() believes a validator of no other resource, but for another query with an ETag", () => {
  const from = (url: string, headers: Record<string, string>) =>
    Object.defineProperty(response(206, { "content-range": "bytes 5-9/10", ...headers }), "url", { value: url });
  const tag = { etag: '"a"' };
  const dated = { date, "last-modified": before };
  const cases = [
    ["http://a/1", tag, "http://a/1", "resumed"],
    ["http://a/1", tag, "http://mirror/1", "neither"],
    ["http://mirror/1?signature=1", tag, "http://mirror/1?signature=2", "resumed"],
    ["http://mirror/1", tag, "http://mirror/2", "neither"],
    ["http://mirror/1", tag, "http://a/1", "neither"],
    ["http://mirror/?id=1", dated, "http://mirror/?id=1", "resumed"],
    ["http://mirror/?id=1", dated, "http://mirror/?id=2", "neither"],
  ] as const;
  for (const [first, headers, then, answer] of cases) {
    const validator = validatorOf(url, from(first, headers));
    if (validator === undefined) throw new Error("no validator");
    const resumable = { ...validator, path: "", ...resumeRequest(validator, 5) };
    assertEquals(judgeAnswer(resumable, from(then, headers)), answer, `${first}, then ${then}`);
  }
});
