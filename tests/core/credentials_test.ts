import { assertEquals } from "@std/assert";
import { splitCredentials } from "../../lib/core/credentials.ts";

Deno.test.each([
  ["http://a/1"],
  ["http://a/@1?x=a:b@c"],
  ["http://a/#u:p@b"],
])("splitCredentials() leaves %s as it is", (url) => {
  assertEquals(splitCredentials(url), { url });
});

Deno.test.each([
  ["http://user:pass@a/1?x#y", "http://a/1?x#y", "user:pass"],
  ["https://user@a:8443/", "https://a:8443/", "user:"],
  ["https://:token@a/", "https://a/", ":token"],
  ["https://us%3Aer:p%40ss%C3%A4@a/", "https://a/", "us:er:p@ssä"],
  ["https://user:pässwört€@a/", "https://a/", "user:pässwört€"],
  ["https://user:100%@a/", "https://a/", "user:100%"],
  ["https://user:p@ss@a/", "https://a/", "user:p@ss"],
])("splitCredentials() turns those of %s into a header", (url, without, pair) => {
  const { url: shown, authorization = "" } = splitCredentials(url);
  assertEquals(shown, without);
  assertEquals(new TextDecoder().decode(Uint8Array.fromBase64(authorization.replace("Basic ", ""))), pair);
});

Deno.test.each([
  ["http://user:pass@a:99999/1", "http://a:99999/1"],
  ["http://user:p@ss@[::1/1", "http://[::1/1"],
  ["//user:pass@a/1", "//a/1"],
])("splitCredentials() hides what looks like them in the invalid %s", (url, shown) => {
  assertEquals(splitCredentials(url), { url: shown });
});
