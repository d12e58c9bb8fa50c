import { assertEquals } from "@std/assert";
import { bothDigests, readAnyHex, readHex, readIntegrity, readReprDigest } from "../../lib/core/digests.ts";

const SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; // of "hello"
const BASE64 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

Deno.test("readHex() and readAnyHex() take hexadecimal digits of the right number only", () => {
  assertEquals(readHex("sha256", SHA256.toUpperCase()), SHA256);
  for (const wrong of ["", SHA256.slice(1), `${SHA256}0`, `g${SHA256.slice(1)}`, 5, undefined]) {
    assertEquals(readHex("sha256", wrong), undefined);
  }
  assertEquals(readAnyHex(SHA256), { sha256: [SHA256] });
  assertEquals(readAnyHex("a".repeat(32)), { md5: ["a".repeat(32)] });
  assertEquals(readAnyHex("a".repeat(56)), undefined);
});

Deno.test("readIntegrity() takes the strongest algorithm, any of its digests, and nothing half right", () => {
  assertEquals(readIntegrity(`sha256-${BASE64}`), { sha256: [SHA256] });
  assertEquals(readIntegrity(` sha256-${BASE64.replaceAll("+", "-")}?x  sha256-${BASE64} `), {
    sha256: [SHA256, SHA256],
  });
  const sha512 = `sha512-${new Uint8Array(64).toBase64()}`;
  assertEquals(readIntegrity(`sha256-${BASE64} ${sha512}`), { sha512: ["00".repeat(64)] });
  for (const wrong of ["", "md5-AAAA", `sha384-${BASE64}`, `sha256-${BASE64} nonsense`, "sha256-%"]) {
    assertEquals(readIntegrity(wrong), undefined);
  }
});

Deno.test("readReprDigest() takes what is known of a dictionary", () => {
  assertEquals(readReprDigest(`sha-256=:${BASE64}:`), { sha256: [SHA256] });
  assertEquals(readReprDigest(`md5=:AAAA:, sha-256=:${BASE64}:;a=1`), { sha256: [SHA256] });
  for (const none of ["", "sha-256=1", "sha-256=:AAAA:", "unixsum=30637", `xsha-256=:${BASE64}:`]) {
    assertEquals(readReprDigest(none), undefined);
  }
});

Deno.test("bothDigests() leaves nothing that only one side allows", () => {
  assertEquals(bothDigests(undefined, { md5: ["a"] }), { md5: ["a"] });
  assertEquals(bothDigests({ md5: ["a"] }, { sha1: ["b"] }), { md5: ["a"], sha1: ["b"] });
  assertEquals(bothDigests({ md5: ["a", "b"] }, { md5: ["b", "c"] }), { md5: ["b"] });
  assertEquals(bothDigests({ md5: ["a"] }, { md5: ["b"] }), { md5: [] });
});
