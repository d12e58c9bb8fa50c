import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "../../lib/http/client.ts";
import { followRedirects, RedirectError } from "../../lib/http/redirects.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net");

/** A site whose `/to?url` redirects to `url` and whose other paths answer with the request's headers. */
function serveSite(): { origin: string; asked: string[] } & AsyncDisposable {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    asked.push(pathname + search);
    const status = Number(pathname.slice(1));
    if (pathname === "/to") return redirect(decodeURIComponent(search.slice(1)), 302);
    if (status >= 300) return redirect(decodeURIComponent(search.slice(1)), status);
    if (pathname === "/count") return redirect(`/count?${Number(search.slice(1)) + 1}`, 302);
    if (pathname === "/nowhere") return new Response("nothing here", { status: 302 });
    return Response.json(Object.fromEntries(request.headers));
  });
  return { origin: `http://127.0.0.1:${server.addr.port}`, asked, [Symbol.asyncDispose]: () => server.shutdown() };
}

function redirect(location: string, status: number): Response {
  return new Response(status === 304 ? null : "moved", { status, headers: { location } });
}

const headers = {
  authorization: "Basic c2VjcmV0",
  cookie: "a=secret",
  "x-api-key": "secret",
  range: "bytes=5-",
  "if-range": '"tag"',
  "user-agent": "test",
};

test("followRedirects() follows 301, 302, 303, 307 and 308, relative ones too, and says where it ended", async () => {
  await using site = serveSite();
  const url = `${site.origin}/301?/302?/303?/307?/308?end%231`.replaceAll(/(?<=\?.*)\?/g, "%3F");
  const response = await followRedirects(url, {});
  await response.body?.cancel();
  assertEquals(site.asked.length, 6);
  assertEquals(response.url, `${site.origin}/end`);
});

for (const http of [1, 2] as const) {
  test(`followRedirects() follows from one server to another over HTTP/${http} connections of our own`, async () => {
    await using first = serveSite();
    await using second = serveSite();
    using client = new Client({ http });
    const response = await followRedirects(`${first.origin}/to?${second.origin}/307?/end`, { headers }, {
      fetch: (url, { headers = {} }) => client.send(url, { headers, redirect: "manual" }),
    });
    assertEquals([response.url, first.asked.length, second.asked], [`${second.origin}/end`, 1, ["/307?/end", "/end"]]);
    const got = JSON.parse(await response.text());
    assertEquals([got.authorization, got.cookie, got["user-agent"]], [undefined, undefined, "test"]);
  });
}

test("followRedirects() sends all headers on within an origin", async () => {
  await using site = serveSite();
  const got = JSON.parse(await (await followRedirects(`${site.origin}/to?/end`, { headers })).text());
  for (const [name, value] of Object.entries(headers)) assertEquals(got[name], value);
});

test("followRedirects() sends nothing secret to another origin, nor back again", async () => {
  await using first = serveSite();
  await using second = serveSite();
  const back = encodeURIComponent(`${second.origin}/to?${first.origin}/end`);
  for (const url of [`${first.origin}/to?${second.origin}/end`, `${first.origin}/to?${back}`]) {
    const got = JSON.parse(await (await followRedirects(url, { headers })).text());
    assertEquals([got.authorization, got.cookie, got["x-api-key"]], [undefined, undefined, undefined]);
    assertEquals([got.range, got["if-range"], got["user-agent"]], ["bytes=5-", '"tag"', "test"]);
  }
});

test("followRedirects() sends a redirect's own credentials as a header, and shows them nowhere", async () => {
  await using site = serveSite();
  const to = site.origin.replace("//", "//user:pass@");
  const response = await followRedirects(`${site.origin}/to?${to}/end`, {});
  assertEquals(response.url, `${site.origin}/end`);
  assertEquals(JSON.parse(await response.text()).authorization, `Basic ${btoa("user:pass")}`);
  const fetch = () => Promise.resolve(redirect("http://user:pass@[::1", 302));
  const error = await assertRejects(() => followRedirects(site.origin, {}, { fetch }), RedirectError);
  assertEquals(error.message.includes("pass"), false);
});

test("followRedirects() gives up after so many redirects", async () => {
  await using site = serveSite();
  const url = `${site.origin}/count?0`;
  await assertRejects(() => followRedirects(url, {}), RedirectError, "count?21: more than 20 redirects");
  assertEquals(site.asked.length, 21);
  await assertRejects(() => followRedirects(url, {}, { maxRedirects: 0 }), RedirectError, "more than 0 redirects");
  assertEquals(site.asked.length, 22);
});

test("followRedirects() notices a circle at once", async () => {
  await using site = serveSite();
  const self = `${site.origin}/to?%2Fto%3F%252Fto`;
  await assertRejects(() => followRedirects(`${site.origin}/to?/to`, {}), RedirectError, "redirects to");
  await assertRejects(() => followRedirects(self, {}), RedirectError);
  assertEquals(site.asked.length < 8, true);
});

for (
  const [target, reason] of [
    ["ftp://a/1", "only http and https are followed"],
    ["file:///etc/passwd", "only http and https are followed"],
    ["http://a:99999/", "is not a URL"],
  ]
) {
  test(`followRedirects() doesn't go to ${target}`, async () => {
    await using site = serveSite();
    await assertRejects(() => followRedirects(`${site.origin}/to?${target}`, {}), RedirectError, reason);
  });
}

Deno.test("followRedirects() leaves https for http only when told to", async () => {
  const fetch = (url: string) =>
    Promise.resolve(url.startsWith("https:") ? redirect("http://a/plain", 301) : new Response("here"));
  const follow = (allowDowngrade?: boolean) => followRedirects("https://a/1", {}, { fetch, allowDowngrade });
  await assertRejects(() => follow(), RedirectError, "leaving https for http isn't allowed");
  assertEquals(await (await follow(true)).text(), "here");
});

test("followRedirects() returns a redirect that leads nowhere, and statuses that are none, as they are", async () => {
  await using site = serveSite();
  for (const [path, status] of [["/nowhere", 302], ["/300?/end", 300], ["/304?/end", 304]] as const) {
    const response = await followRedirects(site.origin + path, {});
    await response.body?.cancel();
    assertEquals(response.status, status);
  }
});

Deno.test("followRedirects() reads a Location beyond ASCII as UTF-8", async () => {
  const asked: string[] = [];
  const location = String.fromCharCode(...new TextEncoder().encode("/grüße"));
  const fetch = (url: string) => Promise.resolve(asked.push(url) === 1 ? redirect(location, 301) : new Response());
  await followRedirects("http://a/", {}, { fetch });
  assertEquals(asked[1], `http://a/${encodeURIComponent("grüße")}`);
});

/** A `fetch` of made-up hosts: by URL, what each answers to whoever has these cookies. Notes what was asked, with cookies. */
function hosts(answers: Record<string, (cookie: string, nth: number) => Response>) {
  const asked: string[] = [];
  const fetch = (url: string, { headers }: RequestInit) => {
    const cookie = new Headers(headers).get("cookie") ?? "";
    asked.push(`${url} ${cookie}`.trim());
    return Promise.resolve(answers[url](cookie, asked.length));
  };
  return { asked, fetch };
}

function to(location: string, ...cookies: string[]): Response {
  const headers = new Headers({ location });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 302, headers });
}

Deno.test("followRedirects() logs in by cookie on the way, and sends each cookie only to the site that set it", async () => {
  const { asked, fetch } = hosts({
    "https://data.test/file": (cookie) =>
      cookie === "session=2" ? new Response("data") : to("https://login.test/page?back=1", "trace=0; Max-Age=0"),
    "https://login.test/page?back=1": (cookie) =>
      cookie === "" ? to("/page?back=1", "known=1; Path=/page") : to("https://data.test/in?code=5"),
    "https://data.test/in?code=5": () => to("/file", "session=2; Path=/; Secure; HttpOnly", "other=3; Path=/other"),
  });
  const response = await followRedirects("https://data.test/file", {}, { fetch });
  assertEquals(await response.text(), "data");
  assertEquals(asked, [
    "https://data.test/file",
    "https://login.test/page?back=1",
    "https://login.test/page?back=1 known=1",
    "https://data.test/in?code=5",
    "https://data.test/file session=2",
  ]);
});

Deno.test("followRedirects() sends no cookie to another host, nor by http what is for https", async () => {
  const { asked, fetch } = hosts({
    "https://a.test/": () =>
      to("http://a.test/", "plain=1", "safe=1; Secure", "evil=1; Domain=b.test", "all=1; Domain=test"),
    "http://a.test/": () => to("http://b.test/"),
    "http://b.test/": () => to("http://sub.a.test/"),
    "http://sub.a.test/": () => new Response("here"),
  });
  await (await followRedirects("https://a.test/", {}, { fetch, allowDowngrade: true })).body?.cancel();
  assertEquals(asked, ["https://a.test/", "http://a.test/ plain=1", "http://b.test/", "http://sub.a.test/"]);
});

Deno.test("followRedirects() lets a redirect's cookie replace the caller's of that name, and keeps the others", async () => {
  const { asked, fetch } = hosts({
    "http://a.test/1": () => to("/2", "b=new; Path=/"),
    "http://a.test/2": () => new Response("here"),
  });
  await (await followRedirects("http://a.test/1", { headers: { cookie: "a=1; b=old" } }, { fetch })).body?.cancel();
  assertEquals(asked, ["http://a.test/1 a=1; b=old", "http://a.test/2 a=1; b=new"]);
});

Deno.test("followRedirects() still ends in a circle in which the cookies stay the same, or never do", async () => {
  const same = hosts({ "http://a.test/": () => to("/", "a=1") });
  await assertRejects(() => followRedirects("http://a.test/", {}, same), RedirectError, "it has been there before");
  assertEquals(same.asked, ["http://a.test/", "http://a.test/ a=1"]);
  const other = hosts({ "http://a.test/": (_, nth) => to("/", `a=${nth}`) });
  await assertRejects(() => followRedirects("http://a.test/", {}, other), RedirectError, "more than 20 redirects");
});

Deno.test("followRedirects() keeps a bounded part of what a server sets, and nothing that is no cookie", async () => {
  const lines = ["long=" + "x".repeat(10_000), "\x01=\x02", "", ...Array.from({ length: 100 }, (_, n) => `c${n}=1`)];
  const { asked, fetch } = hosts({
    "http://a.test/": () => to("/end", ...lines),
    "http://a.test/end": () => new Response("here"),
  });
  await (await followRedirects("http://a.test/", {}, { fetch })).body?.cancel();
  const sent = asked[1].split("; ");
  assertEquals(sent.length > 40 && sent.length <= 50 && sent.every((pair) => /c\d+=1$/.test(pair)), true);
});
