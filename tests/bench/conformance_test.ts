import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Row } from "../../bench/conformance/download_all.ts";
import { compareFiles, fileSizes, makeFileSet } from "../../bench/conformance/file_set.ts";
import { conformanceMarkdown, type ConformanceResults, isAllRight } from "../../bench/conformance/report.ts";
import { NGINX, NODE, OPENSSL } from "../../bench/programs.ts";
import { testNeeding } from "../helpers/needs.ts";
import { testWith } from "../helpers/programs.ts";

const fileTest = await testNeeding("read", "write");

/** Downloads 60 files from the ports of a server whose protocols contain a text; returns what the command printed. */
async function conformance(server: string, protocol: string): Promise<{ code: number; text: string }> {
  const command = new URL("../../bench/conformance.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--quiet", command, "--files=60", "--most=1500000", `--only=${server}`];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, `--protocol=${protocol}`],
  }).output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

await testWith(
  [NODE, OPENSSL],
  "Node's HTTP/2 gives download.ts every file, also one as long as its window",
  async () => {
    const { code, text } = await conformance("node", "HTTP/2");
    assertEquals(code, 0, text);
    assertEquals(text.match(/: 60 right, 0 wrong, 0 failed/g)?.length, 3, text);
  },
);

await testWith([NODE, OPENSSL], "Node's http gives download.ts every file, with TLS and without", async () => {
  const { code, text } = await conformance("node", "HTTP/1.1");
  assertEquals(code, 0, text);
  assertEquals(text.match(/: 60 right, 0 wrong, 0 failed/g)?.length, 3, text);
});

await testWith(
  [NGINX, OPENSSL],
  "nginx gives download.ts every file packed, and says that it has packed them",
  async () => {
    const { code, text } = await conformance("nginx", "gzip");
    assertEquals(code, 0, text);
    assertEquals(text.match(/: 60 right, 0 wrong, 0 failed/g)?.length, 2, text);
  },
);

fileTest("a file with other bytes is wrong, so is one too many, and one that isn't there is missing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const files = await makeFileSet(folder, [0, 5, 9, 70_000]);
    assertEquals(await compareFiles(folder, files), { right: 4, wrong: [], missing: [] });
    await Deno.truncate(`${folder}/00003.bin`, 69_999);
    await Deno.remove(`${folder}/00001.bin`);
    await Deno.writeTextFile(`${folder}/more.bin`, "");
    await Deno.writeTextFile(`${folder}/.hidden`, "");
    const verdict = { right: 2, wrong: ["00003.bin", "more.bin"], missing: ["00001.bin"] };
    assertEquals(await compareFiles(folder, files), verdict);
    const nothing = await compareFiles(`${folder}/nowhere`, files);
    assertEquals([nothing.right, nothing.missing.length], [0, 4]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("fileSizes() has nothing, the largest, and all around frames and windows, as many as asked for", () => {
  for (const [files, most] of [[60, 1_500_000], [5_000, 50_000_000]]) {
    const sizes = fileSizes(files, most);
    assertEquals(sizes.length, files);
    assertEquals(Math.max(...sizes), most);
    assert(sizes.every((size) => Number.isInteger(size) && size >= 0));
    for (const size of [0, 1, 16_384, 16_385, 65_535, 65_536]) assert(sizes.includes(size), String(size));
    assertEquals(fileSizes(files, most), sizes);
  }
  assertEquals(fileSizes(3, 10).toSorted((a, b) => a - b), [0, 1, 10]);
});

Deno.test("a table of conformance is right only if every file of every row is, and nothing else was noticed", () => {
  const row: Row = {
    server: "nginx",
    version: "1.22.1",
    protocol: "HTTP/1.1",
    files: 5,
    right: 5,
    wrong: 0,
    failed: 0,
    retries: 0,
    seconds: 1,
    problems: [],
  };
  const results = (rows: Row[]): ConformanceResults => ({
    conditions: {
      date: "",
      command: "",
      processor: "",
      cores: 2,
      memoryBytes: 0,
      system: "",
      loadAverage: 0,
      versions: {},
      missing: [],
    },
    script: "download.ts",
    files: 5,
    bytes: 5,
    most: 1,
    rows,
    leftOut: [{ server: "h2o", why: "not installed; `apt-get install h2o`" }],
  });
  assert(isAllRight(results([row])));
  assert(!isAllRight(results([])));
  assert(!isAllRight(results([row, { ...row, right: 4, wrong: 1 }])));
  const bad = results([row, { ...row, problems: ["exit code 1"] }]);
  assert(!isAllRight(bad));
  assertStringIncludes(conformanceMarkdown(bad), "\n- nginx, HTTP/1.1: exit code 1");
  assertStringIncludes(conformanceMarkdown(bad), "\n- h2o left out: not installed");
});
