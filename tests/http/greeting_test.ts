/** How long the client over connections of our own waits for a server's greeting over HTTP/2 without TLS. */

import { assertEquals } from "@std/assert";
import { Client } from "../../lib/http/client.ts";
import { GREETING_TIMEOUT_MS } from "../../lib/http/spoken.ts";
import { testNeeding } from "../helpers/needs.ts";
import { RawServer } from "../helpers/raw_server.ts";

const test = await testNeeding("net");

const SETTINGS = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0);
/** `:status: 200` and an empty body (RFC 7541 appendix A). */
const ANSWER = Uint8Array.of(0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88);
const G = "G".charCodeAt(0);
const OLD = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

/** Keeps the event loop from doing anything. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

async function status(client: Client, url: string): Promise<number> {
  const answer = await client.send(url, { headers: {}, redirect: "manual" });
  await answer.text();
  return answer.status;
}

test("Client speaks HTTP/2 with a server whose greeting is there while the event loop is busy", async () => {
  const lines: string[] = [];
  await using server = await RawServer.start((socket, received) => {
    if (received[0] === G) return void socket.end(OLD);
    socket.write(SETTINGS);
    // Only the request is longer than an acknowledgement of the settings
    socket.on("data", (bytes: Uint8Array) => bytes.length > SETTINGS.length && socket.write(ANSWER));
    block(1.5 * GREETING_TIMEOUT_MS);
  });
  using client = new Client({ http: "auto" }, { explain: (line) => lines.push(line) });
  assertEquals(await status(client, server.url), 200);
  assertEquals([server.connections, lines.map((line) => / speaks (\S+):/.exec(line)?.[1])], [1, ["HTTP/2"]]);
});

test("Client speaks HTTP/1.1 with a server that takes the greeting and says nothing", async () => {
  let greeted = 0;
  await using server = await RawServer.start((socket, received) => {
    if (received[0] === G) socket.end(OLD);
    else greeted++;
  });
  using client = new Client();
  assertEquals([await status(client, server.url), greeted, server.connections], [204, 1, 2]);
});
