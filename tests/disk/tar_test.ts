import { assertEquals } from "@std/assert";
import type { Program } from "../../bench/programs.ts";
import { BLOCK, MOST_HEADER, padded, TAR_END, writeHeader } from "../../lib/disk/tar.ts";
import { testWith } from "../helpers/programs.ts";

const GNU_TAR: Program = { name: "GNU tar", version: ["sh", "-c", "tar --version | grep GNU"], install: [] };
const PYTHON: Program = { name: "python3", version: ["python3", "--version"], install: [] };

const LONG = "0123456789".repeat(24);
const NAMES = [
  "a.jpg",
  `${"b".repeat(96)}.jpg`,
  `${"c".repeat(97)}.jpg`,
  `${"folder/".repeat(20)}${"d".repeat(90)}.jpg`,
  `${"f".repeat(156)}/e.jpg`,
  `${LONG}.jpg`,
  "grüße/日本語 🗾.jpg",
  "é".repeat(49) + ".jpg",
  Array(9).fill(LONG).join("/"),
  "a b\\c 'd\" $(e) %s.jpg",
];

const bodyOf = (n: number) => new Uint8Array([0, 1, 511, 512, 513, 5_000][n % 6]).fill(0x30 + n);

function archive(): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(NAMES.length * (MOST_HEADER + 8_192)).fill(0xff);
  let at = 0;
  for (const [n, name] of NAMES.entries()) {
    const body = bodyOf(n);
    at = writeHeader(into, at, { name, size: body.length, seconds: 1_000_000_000 + n });
    into.set(body, at);
    into.fill(0, at + body.length, at += padded(body.length));
  }
  into.set(TAR_END, at);
  return into.subarray(0, at + TAR_END.length);
}

async function read(command: string[], input: Uint8Array): Promise<string> {
  const [program, ...args] = command;
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", env: { LC_ALL: "C.UTF-8" } })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(input);
  await writer.close();
  const { code, stdout } = await child.output();
  assertEquals(code, 0);
  return new TextDecoder().decode(stdout);
}

await testWith([GNU_TAR], "writeHeader() writes members that GNU tar reads, whatever their names", async () => {
  const tar = archive();
  assertEquals((await read(["tar", "--quoting-style=literal", "-tf", "-"], tar)).trimEnd().split("\n"), NAMES);
  const all = await read(["tar", "-xOf", "-"], tar);
  assertEquals(all, NAMES.map((_, n) => new TextDecoder().decode(bodyOf(n))).join(""));
});

const SCRIPT = `
import tarfile, sys, json, io
tar = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))
print(json.dumps([[m.name, m.size, int(m.mtime), m.isfile(), m.mode, tar.extractfile(m).read().decode()] for m in tar]))`;

await testWith([PYTHON], "writeHeader() writes members that Python's tarfile reads, whatever their names", async () => {
  assertEquals(
    JSON.parse(await read(["python3", "-c", SCRIPT], archive())),
    NAMES.map((name, n) => {
      const body = bodyOf(n);
      return [name, body.length, 1_000_000_000 + n, true, 0o644, new TextDecoder().decode(body)];
    }),
  );
});

const SIZE = `
import tarfile, sys
all = sys.stdin.buffer.read()
print([tarfile.TarInfo.frombuf(all[at:at + 512], "utf-8", "strict").size for at in range(0, len(all), 512)])`;

await testWith([PYTHON], "writeHeader() says sizes that eleven octal digits don't hold", async () => {
  const sizes = [8 ** 11 - 1, 8 ** 11, 2 ** 40 + 12_345];
  const headers = new Uint8Array(sizes.length * BLOCK + MOST_HEADER);
  let at = 0;
  for (const size of sizes) at = writeHeader(headers, at, { name: "large.bin", size, seconds: 0 });
  assertEquals(at, sizes.length * BLOCK);
  assertEquals(JSON.parse(await read(["python3", "-c", SIZE], headers.subarray(0, at))), sizes);
});
