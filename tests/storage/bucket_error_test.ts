import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { SaveError } from "../../lib/disk/save_error.ts";
import { type BucketAnswer, isSuccess, readRefusal } from "../../lib/storage/bucket_error.ts";

function answer(status: number, code = "", { message = "", headers = {} as HeadersInit } = {}): BucketAnswer {
  const text = code === "" ? "" : `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: new Headers(headers), text };
}

Deno.test("readRefusal() tells what passes from what ends a download or the run", () => {
  const concernOf = (status: number, code?: string) => readRefusal(answer(status, code), []).concern;
  for (
    const [status, code] of [[503, "SlowDown"], [500], [502], [400, "RequestTimeout"], [200, "InternalError"], [
      429,
    ]] as const
  ) {
    assertEquals(concernOf(status, code), "moment", `${status} ${code}`);
  }
  for (const code of ["BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody"]) {
    assertEquals(concernOf(400, code), "moment");
  }
  for (const code of ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "QuotaExceeded", "Whatever"]) {
    assertEquals(concernOf(403, code), "bucket", code);
  }
  for (
    const [status, code] of [[404, "NoSuchBucket"], [507], [400, "EntityTooLarge"], [413], [301], [
      501,
      "NotImplemented",
    ]] as const
  ) {
    assertEquals(concernOf(status, code), "bucket", `${status} ${code}`);
  }
  for (
    const [status, code] of [[400, "KeyTooLongError"], [404, "NoSuchUpload"], [400, "InvalidPart"], [400]] as const
  ) {
    assertEquals(concernOf(status, code), "object", `${status} ${code}`);
  }
});

Deno.test("readRefusal() says in one line what to do", () => {
  const said = (...args: Parameters<typeof answer>) =>
    readRefusal(answer(...args), ["geheim"], Date.UTC(2026, 0, 1, 12)).message;
  assertStringIncludes(said(404, "NoSuchBucket"), "there is no such bucket");
  assertStringIncludes(said(403, "SignatureDoesNotMatch"), "AWS_SECRET_ACCESS_KEY");
  assertStringIncludes(said(400, "ExpiredToken"), "has expired");
  assertStringIncludes(said(507), "the bucket is full");
  assertStringIncludes(said(403, "XMinioAdminBucketQuotaExceeded"), "the bucket is full");
  const region = { headers: { "x-amz-bucket-region": "eu-central-1" } };
  assertStringIncludes(said(301, "PermanentRedirect", region), "set AWS_REGION=eu-central-1");
  const date = { headers: { date: "Thu, 01 Jan 2026 11:30:00 GMT" } };
  assertStringIncludes(said(403, "RequestTimeTooSkewed", date), "clock is 30 min ahead of");
  const early = { headers: { date: "Thu, 01 Jan 2026 12:20:00 GMT" } };
  assertStringIncludes(said(403, "RequestTimeTooSkewed", early), "clock is 20 min behind");
  assertStringIncludes(said(403, "RequestTimeTooSkewed"), "clock");
  const long = said(400, "Odd", { message: `you sent\n geheim ${"x".repeat(10_000)}` });
  assert(long.length < 300 && !long.includes("geheim") && !long.includes("\n"), long);
});

Deno.test("isSuccess() isn't taken in by an error with status 200", () => {
  assert(isSuccess(answer(200)));
  assert(!isSuccess(answer(200, "InternalError")));
  assert(
    !isSuccess({ ...answer(200), text: ' \n <?xml version="1.0"?>\n<Error xmlns="x"><Code>SlowDown</Code></Error>' }),
  );
  assert(!isSuccess(answer(304)));
});

Deno.test("BucketError.asFailure() ends a download, or the run as a full disk does", () => {
  assertInstanceOf(readRefusal(answer(400, "KeyTooLongError"), []).asFailure("cannot save a"), SaveError);
  const full = readRefusal(answer(507), []).asFailure("cannot save a");
  assertInstanceOf(full, CannotWriteError);
  assertEquals(full.exitCode, 3);
  assertInstanceOf(readRefusal(answer(503, "SlowDown"), []).asFailure("cannot save a"), CannotWriteError);
});
