import { assertEquals, assertThrows } from "@std/assert";
import { type LoginOptions, settleLogins } from "../../lib/core/login_settings.ts";
import { hostHeadersOf } from "../../lib/http/host_headers.ts";

const LOGINS: LoginOptions = {
  originHeaders: { "https://A.example/": { "X-Key": "k" }, "http://a.example:8080": { authorization: "Bearer t" } },
  logins: { "a.example": { user: "ü", password: "p:w" }, "[::1]": { user: "u", password: "" } },
};
const basic = (text: string) => ({ authorization: `Basic ${new TextEncoder().encode(text).toBase64()}` });

const wanted: [url: string, isRedirect: boolean, headers: Record<string, string> | undefined][] = [
  ["https://a.example/1", false, { ...basic("ü:p:w"), "x-key": "k" }],
  ["https://a.example/1", true, { ...basic("ü:p:w"), "x-key": "k" }],
  ["https://a.example:444/", true, basic("ü:p:w")],
  ["http://a.example/", false, basic("ü:p:w")],
  ["http://a.example/", true, undefined],
  ["http://a.example:8080/", true, { authorization: "Bearer t" }],
  ["https://[::1]:1/", true, basic("u:")],
  ["https://b.a.example/", false, undefined],
  ["https://example/", false, undefined],
  ["https://a.example.evil.example/", false, undefined],
  ["https://a.example@evil.example/", true, undefined],
];

for (const [url, isRedirect, headers] of wanted) {
  Deno.test(`${url} gets ${headers ? "only its own headers" : "no headers"}${isRedirect ? " by a redirect" : ""}`, () => {
    assertEquals(hostHeadersOf(settleLogins(LOGINS))?.for(url, { isRedirect }), headers);
  });
}

Deno.test("without logins there is nothing to look for", () => {
  assertEquals(hostHeadersOf(settleLogins({})), undefined);
});

Deno.test("settleLogins() refuses what is no origin, host, header or user, and quotes no value", () => {
  const wrong: LoginOptions[] = [
    ...["a.example", "ftp://a.example", "https://a.example/path", "https://u@a.example"].map((origin) => ({
      originHeaders: { [origin]: { a: "secret" } },
    })),
    { originHeaders: { "https://a.example": { "a b": "secret" } } },
    { originHeaders: { "https://a.example": { a: "secret\nb: c" } } },
    ...["a.example:8080", "a/b", "", "u@a"].map((host) => ({
      logins: { [host]: { user: "secret", password: "secret" } },
    })),
    { logins: { "a.example": { user: "secret:b", password: "secret" } } },
    { logins: { "a.example": { user: "secret" } as { user: string; password: string } } },
  ];
  for (const options of wrong) {
    const { message } = assertThrows(() => settleLogins(options), TypeError, "Option ");
    assertEquals(message.includes("secret"), false, message);
  }
});
