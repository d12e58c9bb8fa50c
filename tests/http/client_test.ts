/** The client over connections of our own, against servers that count what comes. */

import { assertEquals, assertRejects } from "@std/assert";
import { Client, type ClientSettings } from "../../lib/http/client.ts";
import { DeadlineError } from "../../lib/http/deadlines.ts";
import { Http2Error } from "../../lib/http/http2/error.ts";
import { certificate } from "../helpers/certificate.ts";
import { ConnectProxy } from "../helpers/connect_proxy.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { startHttp2Server } from "../helpers/http2_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { RawServer } from "../helpers/raw_server.ts";
import { serveHttp2 } from "../../site/http2/server.ts";

const test = await testNeeding("net");
const testWithOpenssl = await testNeeding("net", "read", "write", "run");

const hold = () => new AbortController().signal;

async function text(client: Client, url: string, { signal = hold(), attempt = 1 } = {}): Promise<string> {
  return await (await client.send(url, { headers: {}, signal, attempt, redirect: "manual" })).text();
}

const pages = (client: Client, url: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => text(client, `${url}/${n}`)));

const kindOf = (answer: Promise<unknown>) =>
  answer.then(() => "answered", (error) => error instanceof Http2Error ? error.kind : String(error));

test("Client finds out that a server speaks HTTP/2 without TLS, and fills a connection before it makes another", async () => {
  const lines: string[] = [];
  await using server = new CountingServer({ holdUntil: 500 });
  using client = new Client({ http: "auto" }, { explain: (line) => lines.push(line) });
  assertEquals((await pages(client, server.url, 500)).length, 500);
  assertEquals(server.connections.size, 3);
  assertEquals(lines, [`${server.url} speaks HTTP/2: up to 200 requests at once on a connection`]);
});

test("Client greets a server over the connection that is used then", async () => {
  await using server = await startHttp2Server(() => "answer");
  using client = new Client();
  assertEquals(await text(client, server.url), "page");
  assertEquals(await text(client, server.url), "page");
  assertEquals(server.connections, 1);
});

test("Client speaks HTTP/1.1 with a server that takes no greeting, and greets it once", async () => {
  let greetings = 0;
  await using server = await RawServer.start((socket, received) => {
    const answer = (bytes: Uint8Array) => {
      if (new TextDecoder().decode(bytes).startsWith("GET")) {
        return void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold");
      }
      if (bytes[0] === 80) greetings++;
      socket.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    };
    socket.on("data", answer);
    answer(received);
  });
  using client = new Client();
  for (let n = 0; n < 3; n++) assertEquals(await text(client, server.url), "old");
  assertEquals([greetings, server.connections], [1, 2]);
});

for (
  const { http, connections } of [{ http: 1, connections: 5 }, { http: "alpn", connections: 5 }, {
    http: 2,
    connections: 1,
  }] as const
) {
  test(`Client makes ${connections} connections for 5 requests without TLS if http is ${http}`, async () => {
    await using server = new CountingServer({ holdUntil: 5 });
    using client = new Client({ http });
    await pages(client, server.url, 5);
    assertEquals(server.connections.size, connections);
  });
}

test("Client keeps no more connections in flight than it may have, and serves all who wait", async () => {
  for (const http of [1, 2] as const) {
    await using server = new CountingServer();
    using client = new Client({ http, connections: { inFlight: 2, idle: 2 } });
    assertEquals((await pages(client, server.url, 50)).length, 50);
    assertEquals(server.connections.size <= 2 && server.peak <= (http === 1 ? 2 : 50), true);
  }
});

test("Client serves other servers while those who wait for one are aborted", async () => {
  await using silent = await RawServer.start(() => {});
  await using server = new CountingServer();
  using client = new Client({ http: 1, connections: { inFlight: 1, idle: 1 } });
  const aborter = new AbortController();
  const first = assertRejects(() => text(client, silent.url, { signal: aborter.signal }), Error, "enough");
  const second = text(client, `${server.url}/2`);
  aborter.abort(new Error("enough"));
  await first;
  assertEquals(await second, "2");
});

const refusing: [
  string,
  (nth: number, connection: number) => "answer" | "refuse" | "goaway",
  Parameters<typeof startHttp2Server>[1]?,
][] = [
  ["sends GOAWAY after every 5 streams", (nth) => nth % 6 === 0 ? "goaway" : "answer"],
  ["refuses every third stream", (nth) => nth % 3 === 0 ? "refuse" : "answer"],
  ["takes one stream at a time", () => "answer", { maxStreams: 1 }],
  ["takes no streams at first", () => "answer", { maxStreams: 0, laterStreams: 7 }],
  ["takes fewer streams later", () => "answer", { maxStreams: 40, laterStreams: 1 }],
];
for (const [what, judge, options] of refusing) {
  test(`Client gets every page of a server that ${what}`, async () => {
    await using server = await startHttp2Server(judge, options);
    using client = new Client();
    assertEquals(await pages(client, server.url, 40), Array(40).fill("page"));
  });
}

test("Client gets every page of a server that goes away with the first stream of each connection", async () => {
  await using server = serveHttp2({ hostname: "127.0.0.1", port: 0 }, { goawayAfter: 1 });
  using client = new Client();
  const all = Array.from({ length: 40 }, (_, n) => text(client, `${server.url}${n}`));
  assertEquals(await Promise.all(all), Array.from({ length: 40 }, (_, n) => String(n)));
});

test("Client gives up on a server that refuses every stream", async () => {
  let asked = 0;
  await using server = await startHttp2Server(() => (asked++, "refuse"));
  using client = new Client();
  assertEquals(await kindOf(text(client, server.url)), "reset");
  assertEquals(asked, 4);
});

test("Client gives up on a server that goes away whatever it is asked", async () => {
  await using server = await startHttp2Server(() => "goaway");
  using client = new Client();
  assertEquals(await kindOf(text(client, server.url)), "closed");
  assertEquals(server.connections, 4);
});

test("Client says what became of 200 requests whose connection is cut, and makes another", async () => {
  await using server = await startHttp2Server((nth) => nth < 200 ? "hold" : nth === 200 ? "hang up" : "answer", {
    maxStreams: 200,
  });
  using client = new Client();
  const kinds = await Promise.all(Array.from({ length: 200 }, () => kindOf(text(client, server.url))));
  assertEquals(kinds.every((kind) => /^(closed|reset|ConnectionReset.*)$/.test(kind)), true, kinds[0]);
  assertEquals(await text(client, server.url), "page");
});

test("Client asks again over HTTP/1.1 where that is required", async () => {
  await using server = await startHttp2Server(() => "http/1.1");
  using client = new Client();
  assertEquals(await text(client, server.url), "old");
});

test("Client asks again what a server speaks that was started again", async () => {
  using client = new Client();
  let port;
  {
    await using server = await startHttp2Server(() => "answer");
    assertEquals(await text(client, server.url), "page");
    port = Number(new URL(server.url).port);
  }
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nold";
  await using server = await RawServer.start(
    (socket, received) => void socket.end(received[0] === 80 ? "HTTP/1.1 400 Bad Request\r\n\r\n" : answer),
    port,
  );
  assertEquals(await text(client, server.url), "old");
});

test("Client sends nothing more over a connection on which a server was late, and other requests go on there", async () => {
  const connections: number[] = [];
  await using server = await startHttp2Server((nth, connection) => {
    connections.push(connection);
    return nth === 1 ? "hold" : "answer";
  });
  using client = new Client();
  const aborter = new AbortController();
  const late = assertRejects(() => text(client, server.url, { signal: aborter.signal }), DeadlineError);
  assertEquals(await text(client, server.url), "page");
  aborter.abort(new DeadlineError("idle-timeout", 1));
  await late;
  assertEquals(await text(client, server.url, { attempt: 2 }), "page");
  assertEquals(connections, [1, 1, 2]);
});

for (const http of [1, 2] as const) {
  test(`Client asks for a head over HTTP/${http}`, async () => {
    await using server = new CountingServer();
    using client = new Client({ http });
    const init = { headers: {}, signal: hold(), redirect: "manual", method: "HEAD" } as const;
    const answer = await client.send(`${server.url}/12`, init);
    assertEquals([answer.status, answer.headers.get("content-length"), await answer.text()], [200, "2", ""]);
    assertEquals(await text(client, `${server.url}/13`), "13");
    assertEquals(server.connections.size, 1);
  });
}

testWithOpenssl("Client agrees with a server over TLS on what is spoken", async (t) => {
  const keys = await certificate();
  if (keys === undefined) return;
  const ports = new Set<number>();
  await using server = Deno.serve(
    { ...keys, port: 0, hostname: "127.0.0.1", onListen() {} },
    (request, { remoteAddr }) => {
      ports.add((remoteAddr as Deno.NetAddr).port);
      return new Response(new URL(request.url).pathname);
    },
  );
  const url = `https://127.0.0.1:${server.addr.port}`;
  for (const http of ["auto", "alpn", 2, 1] as const) {
    await t.step(`http ${http}`, async () => {
      ports.clear();
      using client = new Client({ http, caCerts: [keys.cert] });
      await Promise.all(Array.from({ length: 3 }, (_, n) => text(client, `${url}/${n}`)));
      assertEquals(ports.size, http === 1 ? 3 : 1);
    });
  }
  await using proxy = await ConnectProxy.start();
  using client = new Client({ http: "auto", caCerts: [keys.cert], proxy: proxy.url });
  assertEquals(await text(client, `${url}/t`), "/t");
  assertEquals(proxy.asked, [`CONNECT ${new URL(url).host} HTTP/1.1`]);
});

test("Client asks a proxy for the URL, and gives its password to that only", async () => {
  let request = "";
  await using proxy = await RawServer.start((socket, received) => {
    request = new TextDecoder().decode(received);
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  });
  const settings: ClientSettings = { http: "auto", proxy: proxy.url.replace("//", "//me:secret@") };
  using client = new Client(settings);
  assertEquals(await text(client, "http://nothing.invalid:81/a?b"), "ok");
  const lines = request.split("\r\n");
  assertEquals(lines.slice(0, 2), ["GET http://nothing.invalid:81/a?b HTTP/1.1", "host: nothing.invalid:81"]);
  assertEquals(lines.includes(`proxy-authorization: Basic ${btoa("me:secret")}`), true);
});
