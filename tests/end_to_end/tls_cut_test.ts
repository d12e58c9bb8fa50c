/** TLS that ends without a close_notify, as when a server is killed: what came may be a part, and another attempt may help. */

import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { downloadOnce } from "../../lib/engine/download.ts";
import { isTransient } from "../../lib/engine/failure.ts";
import { Session } from "../../lib/engine/session.ts";
import { settle } from "../../lib/core/settings.ts";
import { certificate } from "../helpers/certificate.ts";
import { testNeeding } from "../helpers/needs.ts";
import { OK, OwnClient } from "../helpers/own_client.ts";
import { sendBy } from "../helpers/send_by.ts";

const test = await testNeeding("net", "read", "write", "run");

/** How a connection ends before its time, by what its client gets to see. */
const CUTS: Record<string, (toClient: Socket) => void> = {
  "is closed without a close_notify": (toClient) => toClient.end(),
  "is reset": (toClient) => toClient.resetAndDestroy(),
  "goes on with bytes that can't be decrypted": (toClient) => {
    toClient.end(Uint8Array.from([23, 3, 3, 0, 20, ...Array(20).fill(7)]));
  },
};

/** What a server has sent by then. */
const PARTS: Record<string, string> = {
  "before a response": "",
  "in a head": OK.slice(0, 10),
  "in a body of known length": `${OK}content-length: 10\r\n\r\nabcd`,
  "in chunks": `${OK}transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n`,
  "in a body that ends with its connection": `${OK}\r\nabcd`,
};

/** Bytes that a TLS record has besides what it carries: a header, a type and a tag (RFC 8446 §5.2). */
const RECORD_BYTES = 5 + 1 + 16;

/** A TLS server that sends a part of a response to each request, behind a proxy that passes it on and cuts the connection. */
class CutServer implements AsyncDisposable {
  readonly url: string;
  readonly #tls: Deno.TlsListener;
  readonly #proxy: Server;
  readonly #accepting: Promise<void>;

  private constructor(tls: Deno.TlsListener, part: string, proxy: Server) {
    this.#tls = tls;
    this.#proxy = proxy;
    this.url = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    this.#accepting = (async () => {
      for await (const connection of tls) void answer(connection, part);
    })();
  }

  static async start(pair: { cert: string; key: string }, part: string, cut: (client: Socket) => void) {
    const tls = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...pair });
    const proxy = createServer((client) => {
      const server = connect(tls.addr.port, "127.0.0.1");
      let came = new Uint8Array();
      client.on("data", (bytes) => server.write(bytes));
      server.on("data", (bytes) => {
        client.write(bytes);
        came = Uint8Array.from([...came, ...bytes]);
        if (hasRecord(came, (part || NOTHING).length + RECORD_BYTES)) cut(client);
      });
      for (const [from, to] of [[client, server], [server, client]]) {
        from.on("error", () => {}); // that is what it is for
        from.on("close", () => to.destroy());
      }
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    return new CutServer(tls, part, proxy);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#proxy, "close");
    this.#proxy.close();
    this.#tls.close();
    await Promise.all([closed, this.#accepting]);
  }
}

/** What stands for nothing: an empty line, which may come before a response. */
const NOTHING = "\r\n";

async function answer(connection: Deno.TlsConn, part: string): Promise<void> {
  try {
    await connection.read(new Uint8Array(10_000));
    await connection.write(new TextEncoder().encode(part || NOTHING));
    await connection.read(new Uint8Array(1));
  } catch {
    // the proxy has closed it
  }
  connection.close();
}

/** Whether a TLS record of this size is among the records. */
function hasRecord(records: Uint8Array, size: number): boolean {
  for (let at = 0; at + 5 <= records.length;) {
    const each = 5 + (records[at + 3] << 8 | records[at + 4]);
    if (each === size && at + each <= records.length) return true;
    at += each;
  }
  return false;
}

const pair = (await Deno.permissions.query({ name: "run" })).state === "granted" ? await certificate() : undefined;

for (const [how, cut] of Object.entries(CUTS)) {
  for (const [where, part] of Object.entries(PARTS)) {
    test(`a download may be tried again when its TLS connection ${how} ${where}`, async (t) => {
      if (!pair) return void await t.step({ name: "left out: needs openssl", ignore: true, fn() {} });
      const settings = settle({ caCerts: [pair.cert], headers: { connection: "close" } }, { concurrency: 1 });
      for (const [name, client] of [["fetch", undefined], ["own", new OwnClient({ caCerts: [pair.cert] })]] as const) {
        await using server = await CutServer.start(pair, part, cut);
        using session = new Session(settings, new AbortController().signal);
        using _closed = client;
        const outcome = await downloadOnce({ id: 0, url: server.url, attempt: 1 }, session, sendBy(client));
        assert(outcome.result === "failed", `${name} calls it done`);
        const kinds = where.includes("body") || where.includes("chunks") ? ["truncated"] : ["reset"];
        // What comes at once with a head may be seen before it
        if (!how.includes("close_notify")) kinds.push("reset");
        assert(kinds.includes(outcome.kind), `${name} calls it ${outcome.kind}: ${outcome.message}`);
        assertEquals([isTransient(outcome), outcome.message.includes("https:")], [true, false], outcome.message);
      }
    });
  }
}

test("a TLS handshake that is cut may be tried again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cutting = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(10_000));
      connection.close();
    }
  })();
  using own = new OwnClient();
  for (const client of [undefined, own]) {
    using session = new Session(settle({}, { concurrency: 1 }), new AbortController().signal);
    const url = `https://127.0.0.1:${listener.addr.port}/`;
    const outcome = await downloadOnce({ id: 0, url, attempt: 1 }, session, sendBy(client));
    assertEquals(outcome.result === "failed" && [outcome.kind, isTransient(outcome)], ["reset", true]);
  }
  listener.close();
  await cutting;
});
