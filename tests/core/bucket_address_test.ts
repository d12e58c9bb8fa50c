import { assertEquals, assertThrows } from "@std/assert";
import { isBucketAddress, parseBucketAddress } from "../../lib/core/bucket_address.ts";

Deno.test("parseBucketAddress() takes a bucket and a prefix apart", () => {
  assertEquals(parseBucketAddress("s3://stuff"), { bucket: "stuff", prefix: "" });
  assertEquals(parseBucketAddress("s3://stuff/"), { bucket: "stuff", prefix: "" });
  assertEquals(parseBucketAddress("S3://stuff/a/b c/"), { bucket: "stuff", prefix: "a/b c" });
  assertEquals(parseBucketAddress("s3://My_old.bucket/ä?#%"), { bucket: "My_old.bucket", prefix: "ä?#%" });
});

Deno.test("parseBucketAddress() refuses what can't be one, and quotes no access key", () => {
  const wrong = ["s3:", "s3://", "s3:/stuff/a", "s3:///a", "s3://ab", "s3://a b/c", "s3://stuff//a", "s3://stuff/a//b"];
  wrong.push(
    "s3://stuff/a/../b",
    "s3://stuff/.",
    "s3://stuff/a\nb",
    "s3://stuff/a\\b",
    `s3://stuff/${"x".repeat(600)}`,
  );
  for (const each of wrong) assertThrows(() => parseBucketAddress(each), Error, "s3://bucket/prefix", each);
  const { message } = assertThrows(() => parseBucketAddress("s3://AKIA:geheim@stuff/a"), Error, "AWS_ACCESS_KEY_ID");
  assertEquals(message.includes("geheim"), false);
});

Deno.test("isBucketAddress() tells a bucket from a folder", () => {
  assertEquals(["s3://a", "S3:a", "s3", "./s3:/a", "c:\\s3"].map(isBucketAddress), [true, true, false, false, false]);
});
