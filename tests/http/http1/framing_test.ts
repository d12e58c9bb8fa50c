/** Where a response ends, over connections of our own: one test for each doubtful case, as RFC 9110 and RFC 9112 decide it. */

import { assertEquals } from "@std/assert";
import { downloadOnce } from "../../../lib/engine/download.ts";
import { Session } from "../../../lib/engine/session.ts";
import { settle } from "../../../lib/core/settings.ts";
import { async } from "../../../async.ts";
import type { Outcome } from "../../../lib/core/outcome.ts";
import { testNeeding } from "../../helpers/needs.ts";
import { each, OK, OwnClient, WAYS } from "../../helpers/own_client.ts";
import { RawServer } from "../../helpers/raw_server.ts";
import { sendBy } from "../../helpers/send_by.ts";
import { own } from "../../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "env", "sys");

/** Responses that are read to the given body, and how many connections two of them take. */
const responses: [what: string, response: string, body: string, connections: number][] = [
  [
    "chunks over HTTP/1.0",
    "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\nTE\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "hello",
    2,
  ],
  ["chunks and a length", `${OK}content-length: 3\r\nTE\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, "hello", 1],
  ["the same length twice", `${OK}content-length: 5\r\ncontent-length: 5\r\n\r\nhello`, "hello", 1],
  ["a folded header", `${OK}content-length:\r\n\t5\r\nx: a\r\n b\r\n\r\nhello`, "hello", 1],
  ["chunks with blanks behind their sizes", `${OK}TE\r\n\r\n5 \t\r\nhello\r\n0  \r\n\r\n`, "hello", 1],
  ["a 204 with a length", "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n", "", 1],
  ["a 204 in chunks", "HTTP/1.1 204 No Content\r\nTE\r\n\r\n", "", 1],
];
for (const [what, response, body, connections] of responses) {
  test(`Http1Client reads ${what}, wherever a packet ends`, async () => {
    const bytes = response.replace("TE", "transfer-encoding: chunked");
    let cut = 0;
    await using server = await RawServer.start(each(async (socket) => {
      socket.write(bytes.slice(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 1));
      socket.write(bytes.slice(cut));
    }));
    using client = new OwnClient();
    for (cut = 1; cut < bytes.length; cut++) assertEquals(await (await client.fetch(server.url)).text(), body);
    assertEquals(server.connections, connections === 1 ? 1 : bytes.length - 1);
    for (const read of Object.values(WAYS)) assertEquals(await read(await client.fetch(server.url)), body);
  });
}

for (const [name, strategy] of Object.entries({ async, own })) {
  test(`${name}() saves a 204 that has a Content-Length as an empty file`, async () => {
    const output = await Deno.makeTempDir();
    try {
      await using server = await RawServer.start(each((socket) => {
        socket.write("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n");
      }));
      const outcomes: Outcome[] = [];
      await strategy([`${server.url}/a`, `${server.url}/b`], (outcome) => outcomes.push(outcome), { output, http: 1 });
      assertEquals(outcomes.map(({ result, bytes, attempts }) => [result, bytes, attempts]), [
        ["done", 0, 1],
        ["done", 0, 1],
      ]);
    } finally {
      await Deno.remove(output, { recursive: true });
    }
  });
}

test("port 0 is an invalid URL over either client, and asks no other port", async () => {
  using session = new Session(settle({}, { concurrency: 1 }), new AbortController().signal);
  using own = new OwnClient();
  for (const client of [undefined, own]) {
    const outcome = await downloadOnce({ id: 0, attempt: 1, url: "http://127.0.0.1:0/" }, session, sendBy(client));
    assertEquals(outcome.result === "failed" && outcome.kind, "invalid-url");
  }
});
