/** Bodies that are very much larger once they are unpacked: what they take is bounded, and measured in a process of its own. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = Deno.build.os === "linux"
  ? await testNeeding("net", "read", "write", "run", "env")
  : (name: string, fn: () => Promise<void>) => Deno.test({ name: `${name} (left out: needs Linux)`, ignore: true, fn });

/** Bytes of a bomb once it is unpacked, and of it that are unpacked at most. */
const [BOMB_BYTES, MOST_BYTES] = [2 ** 29, 2 ** 27];

/** Bytes of memory that a process may have had at most: about 100 MB are there before anything is downloaded. */
const PEAK_BYTES = 200e6;

const fixture = new URL("../fixtures/peak_memory.ts", import.meta.url).pathname;
const zeros = (bytes: number) => Buffer.alloc(bytes);
const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = zlib.constants;
const BOMBS: Record<string, () => Buffer> = {
  br: () =>
    zlib.brotliCompressSync(zeros(BOMB_BYTES), { params: { [BROTLI_PARAM_QUALITY]: 2, [BROTLI_PARAM_LGWIN]: 24 } }),
  zstd: () => zlib.zstdCompressSync(zeros(BOMB_BYTES)),
  "gzip, gzip": () => zlib.gzipSync(Buffer.concat(Array(16).fill(zlib.gzipSync(zeros(BOMB_BYTES / 16))))),
};

for (const [coding, pack] of Object.entries(BOMBS)) {
  test(`a bomb in ${coding} takes no more memory than another body`, async () => {
    const bomb = new Uint8Array(pack());
    assert(bomb.length < 65_536, `${bomb.length} bytes`);
    await using server = new CountingServer({
      answer: () => new Response(bomb, { headers: { "content-encoding": coding } }),
    });
    for (const strategy of ["async", "own"]) {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", fixture, strategy, server.url, String(MOST_BYTES)],
        stderr: "inherit",
      }).output();
      const { result, bytes, peakBytes } = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals(result, "failed");
      assert(bytes > MOST_BYTES && bytes < MOST_BYTES + 5e6, `${bytes} bytes of ${MOST_BYTES} came`);
      assert(peakBytes < PEAK_BYTES, `${strategy} had ${peakBytes} bytes`);
    }
  });
}
