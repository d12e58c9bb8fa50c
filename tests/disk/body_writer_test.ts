import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { CannotWriteError } from "../../lib/core/errors.ts";
import { BodyWriter } from "../../lib/disk/body_writer.ts";
import { SaveError } from "../../lib/disk/save_error.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read", "write");

const tried = "cannot save as 1.bin";
const piece = new Uint8Array(3);

async function withPath(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/1.tmp`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

test("BodyWriter wraps what its file fails with", async () => {
  await withPath(async (path) => {
    const nowhere = new BodyWriter(`${path}/1.tmp`, { tried });
    const error = await assertRejects(() => nowhere.write(piece), CannotWriteError, `${tried}: `);
    assertInstanceOf(error.cause, Deno.errors.NotFound);
    const tooLong = new BodyWriter(path + "x".repeat(256), { tried });
    assertEquals((await assertRejects(() => tooLong.write(piece), SaveError, `${tried}: `)).kind, "write");
    const described = new BodyWriter(path, { tried, describe: () => void Deno.mkdirSync(path) });
    await assertRejects(() => described.write(piece), CannotWriteError, `${tried}: `);
    await described.abandon(undefined);
  });
});

test("BodyWriter.abandon() hands back what the body broke with, as it is, and closes the file", async () => {
  await withPath(async (path) => {
    for (const overlaps of [false, true]) {
      const writer = new BodyWriter(path, { tried, overlaps });
      await writer.write(new Uint8Array(100_000));
      const cause = Object.assign(new TypeError("reset"), { code: "ECONNRESET" });
      assertEquals(await writer.abandon(cause), cause);
      assertEquals([writer.bytes, Deno.statSync(path).size], [100_000, 100_000]);
    }
  });
});

test("BodyWriter refuses a piece beyond the announced length, and an end before it", async () => {
  await withPath(async (path) => {
    const writer = new BodyWriter(path, { tried, length: 5 });
    await writer.write(piece);
    assertEquals((await assertRejects(() => writer.end(), SaveError, "only 3 of 5 bytes")).kind, "truncated");
    const shorter = new BodyWriter(path, { tried, length: 2 });
    const error = await assertRejects(() => shorter.write(piece), SaveError, "more than the 2 bytes announced");
    assertEquals(error.kind, "protocol");
    await shorter.abandon(error);
  });
});

test("BodyWriter leaves the bytes it resumes at, and cuts what is behind them", async () => {
  await withPath(async (path) => {
    Deno.writeTextFileSync(path, "0123456789");
    const writer = new BodyWriter(path, { tried, resumeAt: 4, length: 6 });
    await writer.write(new TextEncoder().encode("xy"));
    await writer.end();
    assertEquals([Deno.readTextFileSync(path), writer.bytes], ["0123xy", 6]);
  });
});
