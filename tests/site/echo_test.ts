import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { targetOf } from "../../site/redirect_to.ts";
import { testNeeding } from "../helpers/needs.ts";
import { get, raw } from "../helpers/raw.ts";
import { serveSite } from "../helpers/serve_site.ts";

const test = await testNeeding("net");

test("/anything answers what it was asked with: method, URL, headers, body and address", async () => {
  await using site = serveSite();
  for (
    const [method, path] of [["POST", "anything?a=1"], ["PUT", "anything/x"], ["PATCH", "anything"], [
      "DELETE",
      "anything",
    ]]
  ) {
    const response = await fetch(site.url + path, { method, body: "häl\0", headers: { "x-mine": "1" } });
    const { headers, port, ...echo } = await response.json();
    assertEquals(echo, {
      method,
      url: site.url + path,
      address: "127.0.0.1",
      bytes: 5,
      sha256: createHash("sha256").update("häl\0").digest("hex"),
      body: "häl\0",
    });
    assert(port > 0);
    assertEquals(headers["x-mine"], "1");
  }
  assertEquals((await (await fetch(`${site.url}anything`)).json()).bytes, 0);
  assertEquals(
    (await (await fetch(`${site.url}headers`, { headers: { "x-mine": "2" } })).json()).headers["x-mine"],
    "2",
  );
});

test("/anything reads 1 MiB of a body and no more", async () => {
  await using site = serveSite();
  const post = (size: number) => fetch(`${site.url}anything`, { method: "POST", body: new Uint8Array(size) });
  assertEquals((await (await post(2 ** 20)).json()).bytes, 2 ** 20);
  const refused = await post(2 ** 20 + 1);
  assertEquals([refused.status, await refused.json()], [413, { detail: "Content Too Large" }]);
});

test("/response-headers answers with chosen headers, in UTF-8 too, and several of a name", async () => {
  await using site = serveSite();
  const query = "Content-Disposition=attachment;filename=%C3%A9%E2%82%AC.txt&Content-Type=text/html&X-A=1&x-a=2";
  const { text } = await raw(site.url, get(`/response-headers?${query}`));
  assertMatch(text, /^content-type: text\/html\r$/m);
  assertMatch(text, /^content-disposition: attachment;filename=\xc3\xa9\xe2\x82\xac\.txt\r$/m);
  assertEquals([...text.matchAll(/^x-a: (.*)\r$/gm)].map(([, value]) => value).join(", "), "1, 2");
  assertEquals(text.split("\r\n\r\n")[1], `{"chosen":3}`);
});

test("/response-headers lets no line break in, no control, none of HTTP's own headers", async () => {
  await using site = serveSite();
  const tooMany = Array.from({ length: 33 }, (_, i) => `x-${i}=1`).join("&");
  const long = `x-a=${"a".repeat(4_097)}`;
  for (
    const query of [
      "x-a=1%0d%0aset-cookie:b=2",
      "x-a=%00",
      "x-a%0d%0ab=1",
      "x%20a=1",
      "Content-Length=5",
      long,
      tooMany,
    ]
  ) {
    const { text } = await raw(site.url, get(`/response-headers?${query}`));
    assertMatch(text, /^HTTP\/1\.1 422 /);
    assert(!/^set-cookie/m.test(text));
  }
});

test("/redirect-to leads to this host and loopback with each status, and nowhere else", async () => {
  await using site = serveSite();
  for (const status of [301, 302, 303, 307, 308]) {
    const response = await fetch(`${site.url}redirect-to?url=http://localhost:9/5&status=${status}`, {
      redirect: "manual",
      method: "POST",
      body: "x",
    });
    await response.body?.cancel();
    assertEquals([response.status, response.headers.get("location")], [status, "http://localhost:9/5"]);
  }
  const kept = await fetch(`${site.url}redirect-to?url=/anything&status=307`, { method: "PUT", body: "kept" });
  const { method, body } = await kept.json();
  assertEquals([method, body], ["PUT", "kept"]);
  for (const url of ["//evil.test/", "http://evil.test/", "javascript:alert(1)", "\\\\evil.test", "ftp://127.0.0.1/"]) {
    const response = await fetch(`${site.url}redirect-to?url=${encodeURIComponent(url)}`, { redirect: "manual" });
    assertEquals([response.status, (await response.json()).detail[0].loc], [422, ["query", "url"]]);
  }
  const here = "http://site.test:8000/x";
  assertEquals(targetOf("/5", here), "http://site.test:8000/5");
  assertEquals(targetOf("https://[::1]:9/", here), "https://[::1]:9/");
  assertEquals(["http://127.0.0.1.evil.test/", "http://site.test@evil.test/"].map((url) => targetOf(url, here)), [
    undefined,
    undefined,
  ]);
});

test("basic and bearer let in who knows, and say how to tell", async () => {
  await using site = serveSite();
  const ask = async (path: string, authorization?: string) => {
    const response = await fetch(site.url + path, { headers: authorization ? { authorization } : {} });
    await response.body?.cancel();
    return [response.status, response.headers.get("www-authenticate")?.split(" ")[0]];
  };
  const right = `Basic ${btoa("ada:love lace")}`;
  assertEquals(await ask("basic-auth/ada/love%20lace", right), [200, undefined]);
  assertEquals(await ask("basic-auth/ada/other", right), [401, "Basic"]);
  assertEquals(await ask("basic-auth/ada/other"), [401, "Basic"]);
  assertEquals(await ask("bearer", "Bearer abc"), [200, undefined]);
  assertEquals(await ask("bearer", "Bearer"), [401, "Bearer"]);
});

for (const algorithm of ["MD5", "SHA-256"] as const) {
  test(`digest lets in who answers its challenge, by ${algorithm}`, async () => {
    await using site = serveSite();
    const path = `/digest-auth/ada/lovelace?algorithm=${algorithm}`;
    const hash = (text: string) => createHash(algorithm.replace("-", "").toLowerCase()).update(text).digest("hex");
    const challenge = async () => {
      const { text } = await raw(site.url, get(path));
      assertMatch(text, /^HTTP\/1\.1 401 /);
      assertStringIncludes(text, `algorithm=${algorithm}`);
      return /nonce="([^"]*)"/.exec(text)?.[1] ?? "";
    };
    const answer = async (nonce: string, { password = "lovelace", uri = path } = {}) => {
      const proof = `${nonce}:00000001:abc:auth:${hash(`GET:${uri}`)}`;
      const response = hash(`${hash(`ada:site:${password}`)}:${proof}`);
      const fields =
        `username="ada", realm="site", nonce="${nonce}", uri="${uri}", qop=auth, nc=00000001, cnonce="abc"`;
      const { text } = await raw(
        site.url,
        get(path, `authorization: Digest ${fields}, response="${response}"\r\nconnection: close\r\n`),
      );
      return Number(text.slice(9, 12));
    };
    const nonce = await challenge();
    assertEquals(await answer(nonce), 200);
    assertEquals(await answer(nonce, { password: "byron" }), 401);
    assertEquals(await answer(nonce, { uri: "/other" }), 401);
    assertEquals(await answer(`1${nonce}`), 401);
  });
}

test("cookies are set, and a login redirects to and fro", async () => {
  await using site = serveSite();
  const ask = (path: string, cookie = "") => raw(site.url, get(path, `cookie: ${cookie}\r\nconnection: close\r\n`));
  const set = (await ask("/cookies/set?a=1&b=2")).text;
  assertEquals([...set.matchAll(/^set-cookie: (.*)\r$/gm)].map(([, value]) => value), ["a=1; Path=/", "b=2; Path=/"]);
  assertStringIncludes((await ask("/cookies", "a=1; b=2=3")).text, `{"cookies":{"a":"1","b":"2=3"}}`);
  for (const bad of ["a=1;2", "a b=1", "a=%0d%0a"]) {
    assertMatch((await ask(`/cookies/set?${encodeURI(bad).replace(";", "%3B").replace("%25", "%")}`)).text, / 422 /);
  }
  assertMatch((await ask("/private/5")).text, /^location: \/login\?next=\/private\/5\r$/m);
  const login = (await ask("/login?next=/private/5")).text;
  assertMatch(login, /^location: \/private\/5\r$/m);
  const session = /^set-cookie: (session=[^;]*)/m.exec(login)?.[1];
  assertMatch((await ask("/private/5", session)).text, /\r\n\r\n5$/);
  assertMatch((await ask("/private/5", "session=1")).text, / 302 /);
  assertMatch((await ask("/login?next=//evil.test/")).text, / 422 /);
});

test("/robots.txt says what crawlers may ask for", async () => {
  await using site = serveSite();
  assertEquals(
    await (await fetch(`${site.url}robots.txt`)).text(),
    "User-agent: *\nCrawl-delay: 1\nDisallow: /private/\n",
  );
});

test("other methods get 405 with those that there are", async () => {
  await using site = serveSite();
  const cases = {
    "POST /headers": "GET, HEAD",
    "GET /restart": "POST",
    "POST /7": "GET, HEAD",
    "PUT /cookies/set": "GET, HEAD",
  };
  for (const [request, allow] of Object.entries(cases)) {
    const [method, path] = request.split(" /");
    const response = await fetch(site.url + path, { method });
    assertEquals([response.status, response.headers.get("allow"), await response.json()], [405, allow, {
      detail: "Method Not Allowed",
    }]);
  }
});

test("/urls spreads over hosts, and a site on many of them limits each for itself", async () => {
  await using site = serveSite({ requestsPerSecond: 0.001, limitPer: "host" });
  const { port } = new URL(site.url);
  const list = await (await fetch(`${site.url}urls?count=3&hosts=2`)).text();
  assertEquals(list.trim().split("\n"), [1, 2, 1].map((host, n) => `http://127.0.0.${host}:${port}/${n}`));
});
