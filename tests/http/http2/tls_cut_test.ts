/** HTTP/2 over TLS that ends without a close_notify: what came may be a part, and must never pass as a whole body. */

import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Answer } from "../../../lib/core/answer.ts";
import { Client } from "../../../lib/http/client.ts";
import { Http2Error } from "../../../lib/http/http2/error.ts";
import { certificate } from "../../helpers/certificate.ts";
import { F, frame, literal, OK } from "../../helpers/http2_frames.ts";
import { testNeeding } from "../../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "run");
const pair = (await Deno.permissions.query({ name: "run" })).state === "granted" ? await certificate() : undefined;

const SETTINGS = frame(F.SETTINGS, 0, 0);
const HEAD = frame(F.HEADERS, 4, 1, [OK]);
const HEAD_OF_4 = frame(F.HEADERS, 4, 1, [OK, ...literal("content-length", "4")]);
const [PART, WHOLE] = [frame(F.DATA, 0, 1, [1, 2, 3, 4]), frame(F.DATA, 1, 1, [1, 2, 3, 4])];

/** What the server has sent when the connection ends, and whether that is a whole response. */
const PARTS: [string, Uint8Array[], boolean][] = [
  ["before a response", [SETTINGS], false],
  ["in a frame of headers", [SETTINGS, HEAD.slice(0, 5)], false],
  ["after a head", [SETTINGS, HEAD], false],
  ["in a body", [SETTINGS, HEAD, PART], false],
  ["in front of END_STREAM, with all bytes there", [SETTINGS, HEAD_OF_4, PART], false],
  ["in the frame with END_STREAM", [SETTINGS, HEAD_OF_4, WHOLE.slice(0, -1)], false],
  ["after END_STREAM", [SETTINGS, HEAD_OF_4, WHOLE], true],
];

const CUTS: Record<string, (toClient: Socket) => void> = {
  "is closed without a close_notify": (toClient) => toClient.end(),
  "is reset": (toClient) => toClient.resetAndDestroy(),
  "goes on with bytes that can't be decrypted": (toClient) => {
    toClient.end(Uint8Array.from([23, 3, 3, 0, 20, ...Array(20).fill(7)]));
  },
};

/** Bytes that a TLS record has besides what it carries: a header, a type and a tag (RFC 8446 §5.2). */
const RECORD_BYTES = 5 + 1 + 16;

/** A TLS server that sends a part, behind a proxy that cuts the connection once that has come by. */
async function cutServer(keys: { cert: string; key: string }, part: Uint8Array, cut: (toClient: Socket) => void) {
  const tls = Deno.listenTls({ hostname: "127.0.0.1", port: 0, alpnProtocols: ["h2"], ...keys });
  const accepting = (async () => {
    for await (const connection of tls) {
      try {
        await connection.read(new Uint8Array(10_000));
        await connection.write(part);
        while (await connection.read(new Uint8Array(1_000)) !== null);
      } catch {
        // the proxy has closed it
      }
      connection.close();
    }
  })();
  const proxy = createServer((client) => {
    const server = connect(tls.addr.port, "127.0.0.1");
    let came: number[] = [];
    client.on("data", (bytes) => server.write(bytes));
    server.on("data", (bytes) => {
      client.write(bytes);
      came = [...came, ...bytes];
      if (hasRecord(came, part.length + RECORD_BYTES)) cut(client);
    });
    for (const [from, to] of [[client, server], [server, client]]) {
      from.on("error", () => {}); // that is what it is for
      from.on("close", () => to.destroy());
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    url: `https://127.0.0.1:${(proxy.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      const closed = once(proxy, "close");
      proxy.close();
      tls.close();
      await Promise.all([closed, accepting]);
    },
  };
}

/** Whether a TLS record of this size is among the records. */
function hasRecord(records: readonly number[], size: number): boolean {
  for (let at = 0; at + 5 <= records.length;) {
    const each = 5 + (records[at + 3] << 8 | records[at + 4]);
    if (each === size && at + each <= records.length) return true;
    at += each;
  }
  return false;
}

const READ: Record<string, (answer: Answer) => Promise<number>> = {
  "in one go": async (answer) => (await answer.bytes()).length,
  "by views": async (answer) => {
    const reader = answer.body?.getReader({ mode: "byob" });
    for (let size = 0; reader;) {
      const { done, value } = await reader.read(new Uint8Array(3));
      if (done) return size;
      size += value?.length ?? 0;
    }
    return 0;
  },
};

for (const [how, cut] of Object.entries(CUTS)) {
  for (const [where, frames, isWhole] of PARTS) {
    // A reset may overtake what was sent before it
    if (isWhole && how === "is reset") continue;
    test(`Client ${isWhole ? "keeps" : "fails"} a response over HTTP/2 whose TLS connection ${how} ${where}`, async () => {
      if (pair === undefined) return;
      const part = Uint8Array.from(frames.flatMap((frame) => [...frame]));
      for (const read of Object.values(READ)) {
        await using server = await cutServer(pair, part, cut);
        using client = new Client({ http: 2, caCerts: [pair.cert] });
        const { signal } = new AbortController();
        const came = await client.send(server.url, { headers: {}, signal, redirect: "manual" }).then(read).catch(
          (error) => {
            assert(error instanceof Http2Error, String(error));
            return error.kind;
          },
        );
        if (isWhole) assertEquals(came, 4);
        else assertEquals(came, "reset");
      }
    });
  }
}
