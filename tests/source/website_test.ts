import { assert, assertEquals, assertRejects } from "@std/assert";
import { CommandError } from "../../lib/core/errors.ts";
import { DEFAULT_URL, findWebsite, serverCommand, startLocalServer } from "../../lib/source/website.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding, testOverIpv6 } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read");

const silent = () => {
  throw new Error("nothing was to be said");
};

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

test("findWebsite() takes the website it is given, and leaves it running", async () => {
  await using server = new CountingServer();
  {
    await using website = await findWebsite(`${server.url}/base?x=1`, { say: silent });
    assertEquals(website.url, `${server.url}/base?x=1`);
  }
  assertEquals(await (await fetch(`${server.url}/5`)).text(), "5");
});

test("findWebsite() never starts one in place of the one it is given", async () => {
  const url = `http://user:s3cret@127.0.0.1:${freePort()}/`;
  const error = await assertRejects(() => findWebsite(url, { say: silent }), CommandError);
  assertEquals(error.exitCode, 1);
  assertEquals(
    error.message,
    `nothing answers at ${url.replace("user:s3cret@", "")} (Connection refused (os error 111)); ` +
      "start a server there, or leave --url out",
  );
});

testOverIpv6(test)("findWebsite() finds one at an IPv6 address", async () => {
  const server = Deno.serve({ port: 0, hostname: "::1", onListen() {} }, () => new Response());
  await using website = await findWebsite(`http://[::1]:${server.addr.port}`, { say: silent });
  assert(website.url.includes("[::1]"));
  await server.shutdown();
});

test("findWebsite() stops waiting for an answer when it is told to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { hostname, port } = listener.addr;
  // The backlog takes one more than it says; what comes then gets no answer at all.
  using _first = await Deno.connect({ hostname, port });
  using _second = await Deno.connect({ hostname, port });
  const aborter = new AbortController();
  const found = findWebsite(`http://${hostname}:${port}/`, { say: silent, signal: aborter.signal });
  setTimeout(() => aborter.abort(), 10);
  await assertRejects(() => found, CommandError, "(interrupted)");
});

test("startLocalServer() starts the slow website on a free port and stops it", async () => {
  let url;
  {
    await using website = await startLocalServer(["--delay=0"]);
    ({ url } = website);
    assert(url !== DEFAULT_URL);
    assertEquals(await (await fetch(`${url}42`)).text(), "42");
  }
  await assertRejects(() => fetch(url), TypeError);
});

test("startLocalServer() starts as many as are wanted", async () => {
  await using one = await startLocalServer(["--delay=0"]);
  await using two = await startLocalServer(["--delay=0"]);
  assert(one.url !== two.url);
});

test("startLocalServer() says so when the website ends instead", async () => {
  const error = await assertRejects(() => startLocalServer(["--hostname=203.0.113.1"]), CommandError);
  assertEquals(error.message, "the slow website did not start: it said nothing");
});

Deno.test("serverCommand() starts server.ts with the packages of deno.json, wherever this project is installed", () => {
  const isProgram = false;
  assertEquals(serverCommand({ url: "file:///x/lib/source/website.ts", folder: "/x/lib/source", isProgram }), [
    ...["run", "-A", "--quiet", "--config=/x/lib/source/../../deno.json", "file:///x/server.ts"],
  ]);
  assertEquals(
    serverCommand({ url: "file:///C:/a%20b/lib/source/website.ts", folder: "C:\\a b\\lib\\source", isProgram }),
    ["run", "-A", "--quiet", "--config=C:\\a b\\lib\\source/../../deno.json", "file:///C:/a%20b/server.ts"],
  );
  const [npm, jsr] = [
    "file:///x/node_modules/y/lib/source/website.js",
    "https://jsr.io/@a/b/1.0.0/lib/source/website.ts",
  ];
  assertEquals(
    serverCommand({ url: npm, folder: "/x/node_modules/y/lib/source", isProgram }),
    ["run", "-A", "--quiet", "--no-lock", "--node-modules-dir=manual", "file:///x/node_modules/y/server.js"],
  );
  assertEquals(
    serverCommand({ url: jsr, folder: undefined, isProgram }),
    ["run", "-A", "--quiet", "https://jsr.io/@a/b/1.0.0/server.ts"],
  );
  assertEquals(serverCommand({ url: jsr, folder: undefined, isProgram: true }), ["server"]);
  assertEquals(
    serverCommand({ url: "file:///x/lib/source/website.ts", folder: "/x/lib/source", isProgram }, "tasks/a.ts").at(-1),
    "file:///x/tasks/a.ts",
  );
});
