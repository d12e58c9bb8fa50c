import { assertEquals, assertRejects } from "@std/assert";
import { SessionCookies } from "../../lib/http/session_cookies.ts";

const line = (domain: string, fields: Record<string, string> = {}) => {
  const { subdomains = "TRUE", path = "/", secure = "FALSE", expires = "0", name = "n", value = "v" } = fields;
  return [domain, subdomains, path, secure, expires, name, value].join("\t");
};

const FILE = [
  line(".a.example", { name: "all" }),
  line("a.example", { subdomains: "FALSE", name: "host" }),
  line("a.example", { path: "/deep", name: "path" }),
  line("a.example", { secure: "TRUE", name: "tls" }),
  line("a.example", { expires: "5", name: "ended" }),
  line("127.0.0.1", { name: "address" }),
  line(".com", { name: "suffix" }),
  line(".co.uk", { name: "suffix" }),
  line("github.io", { name: "suffix" }),
].join("\n");

const wanted: Record<string, string | undefined> = {
  "http://a.example/": "all=v; host=v",
  "https://a.example/deep/er": "path=v; all=v; host=v; tls=v",
  "http://b.a.example/": "all=v",
  "http://aa.example/": undefined,
  "http://example/": undefined,
  "http://127.0.0.1:8080/": "address=v",
  "http://x.com/": undefined,
  "http://x.co.uk/": undefined,
  "http://x.github.io/": undefined,
};

for (const [url, cookies] of Object.entries(wanted)) {
  Deno.test(`${url} gets ${cookies ?? "no cookie"} of a file`, () => {
    assertEquals(new SessionCookies(FILE).headerFor(url, null), cookies);
  });
}

Deno.test("what a server sets is kept for it, over what the file has and beside what the caller says", async () => {
  const cookies = new SessionCookies(FILE);
  await cookies.keep(
    ["all=new; Domain=a.example", "evil=1; Domain=b.example", "evil=2; Domain=com"],
    "http://x.a.example/",
  );
  assertEquals(cookies.headerFor("http://a.example/", "own=1; all=2"), "own=1; all=new; host=v");
  assertEquals(cookies.headerFor("http://b.example/", null), undefined);
});

Deno.test("a server can't have a run keep more and more cookies", async () => {
  const cookies = new SessionCookies("");
  for (let n = 0; n < 4_000; n++) await cookies.keep([`c${n}=1; Path=/${n}`], "http://a.example/");
  assertEquals(cookies.headerFor("http://a.example/2999", null), "c2999=1");
  assertEquals(cookies.headerFor("http://a.example/3001", null), undefined);
});

Deno.test("redirects that may be a login are followed one at a time for an origin, until they turn out to be none", async () => {
  const cookies = new SessionCookies("");
  const wait = (login: Promise<void>) => login;
  let at = 0;
  let peak = 0;
  const sent = () => ({ cookie: undefined, waits: 0 });
  const follow = (cookie: string | undefined) => async () => {
    peak = Math.max(peak, ++at);
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (cookie) await cookies.keep([cookie], "http://a.example/");
    at--;
    return "followed";
  };
  const all = (cookie?: string) =>
    Promise.all(
      [1, 2, 3].map(() => cookies.during("http://a.example/", { sent: sent(), follow: follow(cookie), wait })),
    );
  assertEquals([await all("a=1"), peak], [["followed", undefined, undefined], 1]);
  assertEquals(cookies.headerFor("http://a.example/", null), "a=1");
  const other = new SessionCookies("");
  const fails = () =>
    other.during("http://a.example/", { sent: sent(), wait, follow: () => Promise.reject(new Error("x")) });
  await assertRejects(fails, Error, "x");
  await assertRejects(fails, Error, "x"); // and doesn't wait for what has failed
});
