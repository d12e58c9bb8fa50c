import { assertEquals } from "@std/assert";
import { redactedUrl, withRedactedUrls } from "../../lib/core/redacted_url.ts";

Deno.test.each([
  ["http://a/1"],
  ["https://a:8443/x/?page=2&keyword=b&monkey=1&tokens=3"],
  ["not a url"],
  ["http://a/?sig&token"],
])("redactedUrl() leaves %s as it is", (url) => {
  assertEquals(redactedUrl(url), url);
});

Deno.test.each([
  ["https://user:pass@a/1", "https://a/1"],
  ["https://a/1#access_token=x", "https://a/1"],
  ["https://a/?x=1&sig=abc&y=2", "https://a/?x=1&sig=REDACTED&y=2"],
  ["https://a/?X-Amz-Signature=abc&X-Amz-Date=1", "https://a/?X-Amz-Signature=REDACTED&X-Amz-Date=1"],
  [
    "https://a/?X-Amz-Security-Token=a&X-Amz-Credential=b",
    "https://a/?X-Amz-Security-Token=REDACTED&X-Amz-Credential=REDACTED",
  ],
  ["https://a/?AWSAccessKeyId=a&Signature=b", "https://a/?AWSAccessKeyId=REDACTED&Signature=REDACTED"],
  ["https://a/?X-Goog-Signature=a", "https://a/?X-Goog-Signature=REDACTED"],
  ["https://a/?accessToken=a&api_key=b&apikey=c", "https://a/?accessToken=REDACTED&api_key=REDACTED&apikey=REDACTED"],
  ["https://a/?Key-Pair-Id=a&Policy=b", "https://a/?Key-Pair-Id=REDACTED&Policy=REDACTED"],
  ["https://a/?%73ig=abc&pass%77ord=a=b", "https://a/?%73ig=REDACTED&pass%77ord=REDACTED"],
  ["https://a/?token=a?token=b", "https://a/?token=REDACTED"],
])("redactedUrl() makes of %s %s", (url, shown) => {
  assertEquals(redactedUrl(url), shown);
});

Deno.test("withRedactedUrls() takes secrets out of the URLs of a sentence, and leaves the rest", () => {
  assertEquals(
    withRedactedUrls("http://u:p@a/?sig=1 redirects to http://b/?token=2: it has been there before; sig=3"),
    "http://a/?sig=REDACTED redirects to http://b/?token=REDACTED it has been there before; sig=3",
  );
});
