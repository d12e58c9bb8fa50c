/** A body is idle only while no byte comes: one that is slow and never pauses is read to its end, however it is read. */

import { assertEquals } from "@std/assert";
import { async } from "../../async.ts";
import type { Download } from "../../lib/core/download.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import { optimized } from "../../optimized.ts";
import { testNeeding } from "../helpers/needs.ts";
import { each, OK, type Socket } from "../helpers/own_client.ts";
import { RawServer } from "../helpers/raw_server.ts";
import { own } from "../helpers/own.ts";

const test = await testNeeding("net", "read", "write", "env", "sys");

/** Milliseconds without a byte that are too long, and between two packets: as many as a busy machine may add. */
const [IDLE_MS, PACKET_MS] = [1_000, 25];

/** Packets of a slow body, so that it takes longer as a whole than it may pause. */
const PACKETS = 60;

/** Sends the first bytes at once, and the others in packets that never pause for long. */
function trickle(socket: Socket, first: string, rest: string | Uint8Array, onEnd = () => {}): void {
  const bytes = typeof rest === "string" ? new TextEncoder().encode(rest) : rest;
  const step = Math.ceil(bytes.length / PACKETS);
  let at = 0;
  socket.write(first);
  const timer = setInterval(() => {
    socket.write(bytes.subarray(at, at += step));
    if (at < bytes.length) return;
    clearInterval(timer);
    onEnd();
  }, PACKET_MS);
  socket.once("close", () => clearInterval(timer));
}

const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
const LARGE = 4_000_000;
const gzipped = await new Response(
  new Blob([new Uint8Array(100_000)]).stream().pipeThrough(new CompressionStream("gzip")),
).bytes();

/** Bodies that are slow, each with its bytes. */
const slow: Record<string, { size: number; send: (socket: Socket) => void }> = {
  "comes in one go": {
    size: 4_000,
    send: (socket) => trickle(socket, `${OK}content-length: 4000\r\n\r\n`, "x".repeat(4_000)),
  },
  "comes quickly and then slowly": {
    size: LARGE + 4_000,
    send: (socket) =>
      trickle(socket, `${OK}content-length: ${LARGE + 4_000}\r\n\r\n${"x".repeat(LARGE)}`, "x".repeat(4_000)),
  },
  "comes in chunks": {
    size: 100,
    send: (socket) => trickle(socket, CHUNKED, "1\r\nx\r\n".repeat(100) + "0\r\n\r\n"),
  },
  "ends with its connection": {
    size: 500,
    send: (socket) => trickle(socket, `${OK}\r\n`, "x".repeat(500), () => socket.end()),
  },
};

/** Downloads a URL once, and saves it if it is to be saved. */
async function download(
  strategy: typeof async,
  what: string | Download,
  { saves, ...options }: StrategyOptions & { saves: boolean },
): Promise<Outcome | undefined> {
  const output = saves ? await Deno.makeTempDir() : undefined;
  try {
    let outcome: Outcome | undefined;
    const all = { retries: 0, idleTimeoutMs: IDLE_MS, ...options, output };
    await strategy([what], (ended) => outcome = ended, all);
    return outcome;
  } finally {
    if (output) await Deno.remove(output, { recursive: true });
  }
}

const ways: Record<string, (what: string | Download) => Promise<Outcome | undefined>> = {
  "by fetch": (what) => download(async, what, { saves: false }),
  "by fetch to a file": (what) => download(async, what, { saves: true }),
  "over a connection of our own to a file": (what) => download(optimized, what, { saves: true, http: 1 }),
};

for (const [way, get] of Object.entries(ways)) {
  test(`a body that never pauses isn't idle, read ${way}`, async (t) => {
    await using server = await RawServer.start(each((socket, request) => {
      slow[decodeURIComponent(/GET \/(\S+)/.exec(request)?.[1] ?? "")].send(socket);
    }));
    // At the same time, so that the test takes no longer than one of them
    const outcomes = await Promise.all(
      Object.keys(slow).map(async (what) => {
        return [what, await get(`${server.url}/${encodeURIComponent(what)}`)] as const;
      }),
    );
    for (const [what, outcome] of outcomes) {
      await t.step(what, () => {
        const why = outcome?.result === "failed" ? outcome.message : undefined;
        assertEquals([outcome?.result, outcome?.bytes, why], ["done", slow[what].size, undefined]);
      });
    }
  });

  test(`a body that pauses is idle, read ${way}`, async () => {
    await using server = await RawServer.start(each((socket, request) => {
      const isSmall = request.startsWith("GET /small");
      socket.write(`${OK}content-length: ${isSmall ? 4_000 : LARGE}\r\n\r\n${"x".repeat(isSmall ? 100 : LARGE - 1)}`);
    }));
    const outcomes = await Promise.all([get(`${server.url}/small`), get(`${server.url}/large`)]);
    assertEquals(outcomes.map((outcome) => outcome?.result === "failed" && outcome.kind), [
      "idle-timeout",
      "idle-timeout",
    ]);
  });
}

test("a page that comes byte by byte isn't idle", async () => {
  const page = `${" ".repeat(4 * PACKETS - 1)}5`;
  await using server = await RawServer.start(each((socket) => {
    trickle(socket, `${OK}content-length: ${page.length}\r\n\r\n`, page);
  }));
  const outcome = await download(async, { url: server.url, expected: 5 }, { saves: false });
  assertEquals([outcome?.result, outcome?.bytes], ["done", page.length]);
});

test("a packed body whose bytes unpack to nothing for long isn't idle", async () => {
  await using server = await RawServer.start(each((socket) => {
    trickle(socket, `${OK}content-encoding: gzip\r\ncontent-length: ${gzipped.length}\r\n\r\n`, gzipped);
  }));
  const outcome = await download(own, server.url, { saves: true, http: 1 });
  assertEquals([outcome?.result, outcome?.bytes], ["done", 100_000]);
});

test("a body whose chunks have much between them isn't idle, over a connection of our own", async () => {
  await using server = await RawServer.start(each((socket) => {
    trickle(socket, CHUNKED, `5;a=${"b".repeat(500)}\r\nhello\r\n0\r\nc: d\r\n\r\n`);
  }));
  const outcome = await download(own, server.url, { saves: true, http: 1 });
  assertEquals([outcome?.result, outcome?.bytes], ["done", 5]);
});
