/** Content codings, undone: whole or failed. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import { BodyError } from "../../lib/http/body_error.ts";
import { unpack } from "../../lib/http/unpack.ts";

const TEXT = "hello, world; ".repeat(500) + "the end";
const text = Buffer.from(TEXT);
const zeros = Buffer.alloc(32 << 20);
const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, ZSTD_c_windowLog, ZSTD_c_enableLongDistanceMatching } =
  zlib.constants;

const PACK: Record<string, (bytes: Uint8Array) => Buffer> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes, { params: { [BROTLI_PARAM_QUALITY]: 5, [BROTLI_PARAM_LGWIN]: 24 } }),
  zstd: (bytes) => zlib.zstdCompressSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  "bare deflate": (bytes) => zlib.deflateRawSync(bytes),
};
const codingOf = (kind: string) => kind.replace("bare ", "");

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function unpacked(bytes: Uint8Array, codings: string[], size = bytes.length): Promise<string> {
  const { signal } = new AbortController();
  const pieces: Uint8Array[] = [];
  for await (const piece of unpack(inPieces(bytes, size || 1), codings, { signal })) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

for (const [kind, pack] of Object.entries(PACK)) {
  const coding = codingOf(kind);
  const packed = pack(text);

  for (const size of [1, 2, 7, packed.length - 1, packed.length]) {
    Deno.test(`unpack() unpacks ${kind} that comes in pieces of ${size === packed.length ? "all" : size}`, async () => {
      assertEquals(await unpacked(packed, [coding], size), TEXT);
    });
  }

  Deno.test(`unpack() calls ${kind} truncated wherever it is cut, but before its first byte`, async () => {
    for (const size of [1, packed.length]) {
      for (let end = 1; end < packed.length; end++) {
        const error = await assertRejects(() => unpacked(packed.subarray(0, end), [coding], size), BodyError);
        assertEquals(error.kind, "truncated", `cut at ${end} of ${packed.length}`);
      }
    }
    assertEquals(await unpacked(new Uint8Array(), [coding]), "");
  });

  Deno.test(`unpack() refuses what isn't ${kind}, and what follows its end`, async () => {
    const garbage = [
      Buffer.concat([packed, Buffer.from("<html>")]),
      Buffer.from("\xff<html>not packed</html>", "latin1"),
    ];
    for (const bytes of garbage) {
      for (const size of [1, 3, packed.length, bytes.length]) {
        const error = await assertRejects(() => unpacked(bytes, [coding], size), BodyError);
        assertEquals(error.kind, "protocol", `${bytes.length} bytes in pieces of ${size}`);
      }
    }
  });

  Deno.test(`unpack() unpacks an empty ${kind}, and a large one`, async () => {
    assertEquals(await unpacked(pack(new Uint8Array()), [coding]), "");
    let size = 0;
    let most = 0;
    const { signal } = new AbortController();
    for await (const piece of unpack(inPieces(pack(zeros), 16_384), [coding], { signal })) {
      size += piece.length;
      most = Math.max(most, piece.length);
    }
    assertEquals(size, zeros.length);
    assert(most <= 2 ** 17, `${most} bytes at once`);
  });
}

for (const [kind, pack] of [["gzip", PACK.gzip], ["zstd", PACK.zstd]] as const) {
  Deno.test(`unpack() unpacks all members of ${kind}, and none of them half`, async () => {
    const two = Buffer.concat([pack(Buffer.from("one ")), pack(Buffer.from("")), pack(Buffer.from("two"))]);
    const first = pack(Buffer.from("one ")).length;
    const second = first + pack(Buffer.from("")).length;
    for (const size of [1, 5, first, two.length]) {
      assertEquals(await unpacked(two, [kind], size), "one two");
      for (let end = first + 1; end < two.length; end++) {
        if (end === second) continue; // whole members, and nothing says that there is another
        const error = await assertRejects(() => unpacked(two.subarray(0, end), [kind], size), BodyError);
        assertEquals(error.kind, "truncated", `cut at ${end} of ${two.length}, in pieces of ${size}`);
      }
    }
  });
}

Deno.test("unpack() ignores zeros after gzip, as gzip(1) does, but loses nothing that follows them", async () => {
  const padded = Buffer.concat([PACK.gzip(text), Buffer.alloc(1_000)]);
  const more = Buffer.concat([padded, PACK.gzip(text)]);
  for (const size of [1, 100, padded.length, more.length]) {
    assertEquals(await unpacked(padded, ["gzip"], size), TEXT);
    assertEquals((await assertRejects(() => unpacked(more, ["gzip"], size), BodyError)).kind, "protocol");
  }
});

Deno.test("unpack() refuses gzip whose checksum is wrong", async () => {
  const packed = PACK.gzip(text);
  packed[packed.length - 6] ^= 1;
  assertEquals((await assertRejects(() => unpacked(packed, ["gzip"]), BodyError)).kind, "protocol");
});

Deno.test("unpack() skips skippable frames of zstd", async () => {
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const packed = Buffer.concat([skippable, PACK.zstd(text), skippable]);
  for (const size of [1, 4, packed.length]) assertEquals(await unpacked(packed, ["zstd"], size), TEXT);
  assertEquals((await assertRejects(() => unpacked(packed.subarray(0, -1), ["zstd"]), BodyError)).kind, "truncated");
});

Deno.test("unpack() refuses zstd with a window of more than 8 MB", async () => {
  const params = { [ZSTD_c_windowLog]: 27, [ZSTD_c_enableLongDistanceMatching]: 1 };
  const packed = zlib.zstdCompressSync(zeros, { params });
  await assertRejects(() => unpacked(packed, ["zstd"]), BodyError);
});

Deno.test("unpack() undoes several codings, the last one first", async () => {
  const packed = PACK.br(PACK.gzip(PACK.zstd(text)));
  for (const size of [1, packed.length]) {
    assertEquals(await unpacked(packed, ["zstd", "gzip", "br"], size), TEXT);
    await assertRejects(() => unpacked(packed.subarray(0, -1), ["zstd", "gzip", "br"], size), BodyError, "cut short");
    await assertRejects(() => unpacked(packed, ["br", "gzip", "zstd"], size), BodyError);
  }
});

Deno.test("unpack() throws what reading throws, and ends the reading when it is left", async () => {
  let isLeft = false;
  const { signal } = new AbortController();
  async function* breaking() {
    try {
      yield await Promise.resolve(PACK.gzip(text).subarray(0, 20));
      yield PACK.gzip(zeros).subarray(20, 60);
      throw new TypeError("reset");
    } finally {
      isLeft = true;
    }
  }
  await assertRejects(async () => await Array.fromAsync(unpack(breaking(), ["gzip"], { signal })), TypeError, "reset");
  assert(isLeft);
  isLeft = false;
  async function* endless() {
    try {
      const packed = PACK.gzip(zeros);
      while (true) yield await Promise.resolve(packed);
    } finally {
      isLeft = true;
    }
  }
  for await (const _ of unpack(endless(), ["gzip"], { signal })) break;
  assert(isLeft);
});

for (const coding of ["gzip", "zstd"]) {
  Deno.test(`unpack() lets timers run in an endless ${coding} of nothing, too`, async () => {
    const nothing = Buffer.concat(Array(20_000).fill(PACK[coding](new Uint8Array())));
    const aborter = new AbortController();
    setTimeout(() => aborter.abort(new Error("enough")), 1);
    async function* endless() {
      while (true) yield await Promise.resolve(nothing);
    }
    const unpacking = unpack(endless(), [coding], { signal: aborter.signal });
    await assertRejects(() => unpacking.next(), Error, "enough");
  });
}

for (const coding of ["gzip", "br", "zstd"]) {
  Deno.test(`unpack() lets timers run while it unpacks ${coding}, and stops when it is aborted`, async () => {
    const { signal } = new AbortController();
    // Brotli has no second stream, but takes long enough; 32 MB of the others may be there before it is anybody's turn
    const packed = Buffer.concat(Array(coding === "br" ? 1 : 64).fill(PACK[coding](zeros)));
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    let steps = 0;
    const few = PACK[coding](zeros.subarray(0, 2 ** 22));
    for await (const _ of unpack(inPieces(few, few.length), [coding], { signal })) {
      const until = performance.now() + 1;
      while (performance.now() < until); // a writer that takes its time
      steps++;
    }
    clearInterval(ticking);
    assert(ticks > steps / 40, `${ticks} ticks in ${steps} steps`);

    const aborter = new AbortController();
    const bomb = unpack(inPieces(packed, packed.length), [coding], { signal: aborter.signal });
    setTimeout(() => aborter.abort(new Error("enough")), 1);
    await assertRejects(
      async () => {
        for await (const _ of bomb) assert(true);
      },
      Error,
      "enough",
    );
  });
}
