/** Headers and passwords that only some hosts may see: they reach those, by every strategy, and nothing else. */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { readOptions } from "../../lib/cli/options.ts";
import { UsageError } from "../../lib/core/errors.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { async } from "../../async.ts";
import { download } from "../../download.ts";
import { optimized } from "../../optimized.ts";
import { simple } from "../../simple.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { own, ownOverHttp2 } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SCRIPT = new URL("../../download.ts", import.meta.url).pathname;
const BASIC = `Basic ${btoa("ann:secret")}`;

/** A site that notes which secrets it was told, and redirects `/to?URL`. */
function site() {
  const told: string[] = [];
  const server = new CountingServer({
    answer(path, _, { url, headers }) {
      told.push(`${path} ${headers.get("x-key")} ${headers.get("authorization")}`);
      const to = new URL(url).search.slice(1);
      return to === "" ? new Response("body") : new Response(null, { status: 302, headers: { location: to } });
    },
  });
  return { server, told };
}

for (const strategy of [simple, async, optimized, download, own, ownOverHttp2]) {
  test(`${strategy.title} sends headers and passwords to their own host alone, also by redirects`, async () => {
    const [one, other] = [site(), site()];
    await using first = one.server;
    await using second = other.server;
    const outcomes: Outcome[] = [];
    const list = [
      `${first.url}/plain`,
      `${second.url}/plain`,
      `${first.url}/to?${second.url}/from-one`,
      `${second.url}/to?${first.url}/from-other`,
      `${first.url}/back?${second.url}/through?${first.url}/again`,
      `${first.url.replace("//", "//bob:own@")}/own`,
      { url: `${first.url}/listed`, headers: { "X-Key": "listed" } },
    ];
    await strategy(list, (outcome) => void outcomes.push(outcome), {
      originHeaders: { [first.url]: { "x-key": "k" } },
      logins: { "127.0.0.1": { user: "ann", password: "secret" } },
      retries: 0,
    });
    assertEquals(outcomes.map(({ result }) => result), Array(7).fill("done"));
    assertEquals(one.told.sort(), [
      `/again k null`, // no password where a redirect leads without TLS
      `/back k ${BASIC}`,
      `/from-other k null`,
      `/listed listed ${BASIC}`,
      `/own k Basic ${btoa("bob:own")}`,
      `/plain k ${BASIC}`,
      `/to k ${BASIC}`,
    ]);
    assertEquals(other.told.sort(), [
      `/from-one null null`,
      `/plain null ${BASIC}`,
      `/through null null`,
      `/to null ${BASIC}`,
    ]);
    assert(!JSON.stringify(outcomes).includes("secret") && !JSON.stringify(outcomes).includes(BASIC));
  });
}

test("download.ts --netrc and --header log in, and no output shows how", async () => {
  const { server, told } = site();
  await using first = server;
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${cwd}/netrc`, "machine 127.0.0.1 login ann password secret\n");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", SCRIPT, `${first.url}/a`, "--netrc", "netrc", "--header", "X-Other: secret"],
        ...[`--header=${first.url} X-Key: secret`, "--report", "report.ndjson", "--html", "report.html", "--verbose"],
      ],
      cwd,
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, err);
    assertEquals(told, [`/a secret ${BASIC}`]);
    const html = await Deno.readTextFile(`${cwd}/report.html`);
    for (const text of [out, err, html, await Deno.readTextFile(`${cwd}/report.ndjson`)]) {
      assert(!text.includes("secret") && !text.includes(BASIC));
    }
    assertStringIncludes(html, "X-Other: ...");
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

/** A site that sends whoever has no session through a login at another host, and counts logins. */
function loginSite() {
  const counts = { logins: 0, strangers: 0 };
  const options = { port: 0, onListen() {} };
  const moved = (location: string, ...cookies: string[]) =>
    new Response(null, {
      status: 302,
      headers: [["location", location], ...cookies.map((c) => ["set-cookie", c])] as [string, string][],
    });
  const login = Deno.serve({ ...options, hostname: "localhost" }, ({ url, headers }) => {
    const to = new URL(url).search.slice(1);
    if (headers.get("cookie")?.includes("session")) counts.strangers++;
    if (headers.get("cookie") !== "user=ann") return new Response("who are you?", { status: 403 });
    counts.logins++;
    return moved(to.replace("/file", "/ticket?/file"));
  });
  const files = Deno.serve({ ...options, hostname: "127.0.0.1" }, ({ url, headers }) => {
    const { pathname, search, origin } = new URL(url);
    if (headers.get("cookie")?.includes("user")) counts.strangers++;
    if (pathname === "/ticket") return moved(search.slice(1), "session=s; Path=/; HttpOnly");
    if (headers.get("cookie") === "session=s") return new Response(pathname);
    return moved(`http://localhost:${login.addr.port}/login?${origin}${pathname}`);
  });
  return {
    counts,
    url: `http://127.0.0.1:${files.addr.port}`,
    [Symbol.asyncDispose]: async () => void await Promise.all([files.shutdown(), login.shutdown()]),
  };
}

for (const strategy of [async, optimized, download, own, ownOverHttp2]) {
  test(`${strategy.title} with cookies logs in once for 1,000 URLs, and shows them to nobody else`, async () => {
    await using site = loginSite();
    const outcomes: Outcome[] = [];
    const list = Array.from({ length: 1_000 }, (_, n) => `${site.url}/file${n}`);
    await strategy(list, (outcome) => void outcomes.push(outcome), {
      cookies: "localhost\tFALSE\t/\tFALSE\t0\tuser\tann\n",
      workers: 1,
      concurrency: 20,
      retries: 0,
    });
    assertEquals(outcomes.filter(({ result }) => result !== "done"), []);
    assertEquals(outcomes.reduce((sum, { bytes }) => sum + bytes, 0), 10 * 6 + 90 * 7 + 900 * 8);
    assertEquals(site.counts, { logins: 1, strangers: 0 });
  });
}

test("without a session each URL logs in for itself, and redirects that set nothing hold up nobody", async () => {
  let peak = 0;
  let at = 0;
  const both = Promise.withResolvers<void>();
  await using server = new CountingServer({
    async answer(path) {
      if (path.startsWith("/from")) {
        return new Response(null, { status: 302, headers: { location: path.replace("from", "to") } });
      }
      if (path === "/to0") return new Response("first");
      peak = Math.max(peak, ++at);
      if (at === 3) both.resolve();
      await both.promise; // only if all three are asked for at once
      return new Response("body");
    },
  });
  const outcomes: Outcome[] = [];
  const options = { cookies: "", retries: 0, workers: 1 };
  const list = async function* () {
    yield `${server.url}/from0`;
    while (outcomes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const n of [1, 2, 3]) yield `${server.url}/from${n}`;
  };
  await own(list(), (outcome) => void outcomes.push(outcome), options);
  assertEquals([outcomes.map(({ result }) => result), peak], [Array(4).fill("done"), 3]);
});

test("download.ts --cookies takes a file, and says what is wrong with it in one line", async () => {
  await using site = loginSite();
  const cwd = await Deno.makeTempDir();
  try {
    const run = async (text: string) => {
      await Deno.writeTextFile(`${cwd}/cookies.txt`, text);
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...["run", "-A", "--no-check", SCRIPT, `${site.url}/file`, "--cookies", "cookies.txt", "-o", "files"]],
        cwd,
      }).output();
      return { code, said: new TextDecoder().decode(stderr) };
    };
    const { code, said } = await run("a secret");
    assertEquals([code, said.trim().split("\n").length, said.includes("secret")], [2, 1, false], said);
    assertStringIncludes(said, "--cookies cookies.txt can't be read: line 1 is no cookie");
    const right = await run("localhost\tFALSE\t/\tFALSE\t0\tuser\tann\n");
    assertEquals([right.code, await Deno.readTextFile(`${cwd}/files/file`)], [0, "/file"], right.said);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

test("--header takes a header for all, or after an origin for that one", () => {
  const read = (...headers: string[]) =>
    readOptions(download, ["-i", "a", ...headers.flatMap((header) => ["--header", header])]).download;
  const { headers, originHeaders } = read("A: b: c", "https://a.example B: https://x", "https://a.example/ C: d");
  assertEquals([headers, originHeaders], [{ a: "b: c" }, { "https://a.example": { b: "https://x", c: "d" } }]);
  assertEquals("originHeaders" in read("A: b"), false);
  for (const wrong of ["https://a.example", "https://a.example/b C: secret", "https://a B c"]) {
    const { message } = assertThrows(() => read(wrong), UsageError, "a header's name");
    assertStringIncludes(message, "https://example.com");
  }
});
