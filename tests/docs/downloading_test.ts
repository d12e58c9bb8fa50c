/** What docs/downloading.md says is run, or compared with what is there. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as constants from "../../constants.ts";
import { MAX_STALLED } from "../../lib/engine/places.ts";
import { nameFromUrl } from "../../lib/disk/file_name.ts";
import * as circuitBreaker from "../../lib/engine/circuit_breaker.ts";
import { MAX_REDIRECTS } from "../../lib/http/redirects.ts";
import { RETRY_AFTER_MOST_MS } from "../../lib/http/retry_after.ts";
import { BucketServer, KEYS_ENV } from "../helpers/bucket_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { readShards } from "../helpers/read_tar.ts";
import { spawnServer } from "../helpers/spawn_server.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const ROOT = new URL("../../", import.meta.url);
const SITE = "http://127.0.0.1:8000/";
const ENDPOINT = "http://127.0.0.1:9000";
const page = await Deno.readTextFile(new URL("docs/downloading.md", ROOT)).catch(() => "");

const blocks = (kind: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${kind}\n([^]*?)^\`\`\`$`, "gm"))].map(([, text]) => text);

async function sh(command: string, cwd: string): Promise<string> {
  const line = command.replace(/(?<=^|\| )deno /, `"${Deno.execPath()}" `).replace(
    /\bdownload\.ts/,
    new URL("download.ts", ROOT).pathname,
  ).replace("--rate 5 ", "--rate 500 "); // a test hasn't the time to be that polite
  const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", line], cwd, env: KEYS_ENV }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, `${command}: ${text(stderr)}`);
  return text(stdout).trimEnd();
}

async function inFolder(work: (folder: string, url: string) => Promise<void>): Promise<void> {
  await using server = await spawnServer(["--delay", "10ms"]);
  const folder = await Deno.makeTempDir();
  try {
    await work(folder, server.url);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesIn = (folder: string) => [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).length;

test("docs/downloading.md has commands that do what it says, one after another", () =>
  inFolder(async (folder, url) => {
    const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));
    assert(commands.length >= 8);
    const all: { command: string; said: string }[] = [];
    await using bucket = new BucketServer();
    for (const command of commands) {
      const typed = command.replaceAll(SITE, url).replaceAll(ENDPOINT, bucket.url);
      all.push({ command, said: (await sh(typed, folder)).replace(/[\d.]+ m?s\b/, "0s") });
    }
    /** What the commands said that have all these words in them. */
    const saidBy = (...words: string[]) =>
      all.filter(({ command }) => words.every((word) => command.includes(word))).map(({ said }) => said);
    assertEquals(saidBy("-o files", "--rate 5"), ["downloaded 200 files (2.0 MB) in 0s"]);
    assertEquals(saidBy("-o large"), ["downloaded 1 file (8.0 MB) in 0s"]);
    assertEquals(saidBy("-o some"), ["downloaded 2 files (2 bytes) in 0s"]);
    const [plan] = saidBy("--output files --dry-run");
    assertEquals(plan.split("\n").length, 200);
    assert(plan.split("\n").every((line) => line.startsWith("skip ")));
    assert(saidBy("--output files").includes("downloaded 0 of 200 files (0 bytes) in 0s, 200 were there already"));
    assertEquals(saidBy("--input failed.ndjson"), ["downloaded 0 files (0 bytes) in 0s"]);
    assertEquals(saidBy("--write-sums"), ["downloaded 0 of 200 files (0 bytes) in 0s, 200 were there already"]);
    assertEquals(saidBy("--verify"), ["downloaded 0 of 200 files (0 bytes) in 0s, 200 were there already"]);
    const [mirrored] = saidBy("-o mirrored");
    const { result, url: first, from } = JSON.parse(mirrored);
    assertEquals([result, first, from], ["done", `${url}7?status=404`, `${url}7`]);
    const [live] = saidBy("-o live");
    assertEquals(live.split("\n").map((line) => JSON.parse(line).file).sort(), ["1", "2"]);
    const [treePlan, tree] = saidBy("--output tree");
    assertEquals(
      new Set(treePlan.split("\n").map((line) => line.split(" -> ")[1].split("_").at(-1))),
      new Set(["numbytes=10000"]),
    );
    assertEquals(tree, "downloaded 200 files (2.0 MB) in 0s");
    assertEquals(Deno.statSync(`${folder}/tree/0200-199.bin`).size, 10_000);
    assertEquals(saidBy("--output shards"), ["downloaded 200 files (2.0 MB) in 0s"]);
    assertEquals(readShards(`${folder}/shards`).size, 200);
    assertEquals(saidBy("--output archive"), ["downloaded 200 files (2.0 MB) in 0s"]);
    assert(filesIn(`${folder}/archive`) > 0);
    assertEquals(saidBy("--accept"), ["downloaded 0 of 200 files (0 bytes) in 0s, 200 aren't wanted"]);
    assertEquals(saidBy("-o images"), ["downloaded 1 file (1 bytes) in 0s"]);
    assertEquals(Deno.readTextFileSync(`${folder}/images/1.bin`), "1");
    assertEquals(saidBy("--robots"), ["downloaded 1 of 2 files (1 bytes) in 0s, 1 isn't wanted"]);
    assertEquals(saidBy("--output gently"), ["downloaded 200 files (2.0 MB) in 0s"]);
    assertEquals(saidBy("--output mirror --update"), [
      "downloaded 200 files (2.0 MB) in 0s",
      "downloaded 0 of 200 files (0 bytes) in 0s, 200 haven't changed",
    ]);
    assertEquals(saidBy("-o s3://stuff/sets"), ["downloaded 200 files (2.0 MB) in 0s"]);
    const sets = [...bucket.objects.keys()].filter((key) => key.startsWith("sets/"));
    assert(sets.length > 1 && sets.every((key) => /^sets\/\d{5}\.tar$/.test(key)), sets.join());
    for (const key of sets) bucket.objects.delete(key);
    assertEquals(saidBy("--output s3://"), [
      "downloaded 200 files (2.0 MB) in 0s",
      "downloaded 0 of 200 files (0 bytes) in 0s, 200 were there already",
    ]);
    assertEquals([...bucket.objects.values()].filter(({ bytes }) => bytes.length === 10_000).length, 200);
    assert([...bucket.objects.keys()].every((key) => key.startsWith("files/")));
    assert(Deno.statSync(`${folder}/stuff_files.state`).isDirectory);
    assertEquals(["some", "files", "slowly", "h2"].map((name) => filesIn(`${folder}/${name}`)), [2, 200, 200, 200]);
    const report = await Deno.readTextFile(`${folder}/report.ndjson`);
    assertEquals(report.trimEnd().split("\n").length, 200);
    for (const field of Object.keys(JSON.parse(report.split("\n")[0]))) assertStringIncludes(page, `\`${field}\``);
  }));

test("docs/downloading.md shows lists that can be downloaded", () =>
  inFolder(async (folder, url) => {
    for (
      const [name, kind, count] of [["a.txt", "text", 2], ["a.ndjson", "json lines", 3], ["a.csv", "csv", 1]] as const
    ) {
      const [list] = blocks(kind);
      await Deno.writeTextFile(`${folder}/${name}`, list.replaceAll(SITE, url));
      const said = await sh(`deno run -A download.ts --input ${name} --output ${name}.files --quiet`, folder);
      assertStringIncludes(said, `downloaded ${count} file`);
    }
    assertEquals(await Deno.readTextFile(`${folder}/a.ndjson.files/first/one.txt`), "1");
  }));

test("docs/downloading.md has an example for programs that runs", () =>
  inFolder(async (folder, url) => {
    const [example] = blocks("ts");
    await Deno.writeTextFile(`${folder}/a.ts`, example.replaceAll(SITE, url).replaceAll('"./', `"${ROOT}`));
    const config = new URL("deno.json", ROOT).pathname;
    assertEquals(await sh(`deno run -A --check --quiet --config ${config} a.ts`, folder), "50000");
    assertEquals(filesIn(`${folder}/program`), 50);
  }));

test("docs/downloading.md lists every kind of failure, and no other", async () => {
  const source = await Deno.readTextFile(new URL("lib/core/outcome.ts", ROOT));
  const [union] = /export type FailureKind =[^;]*;/.exec(source) ?? [""];
  const kinds = [...union.matchAll(/"([\w-]+)"/g)].map(([, kind]) => kind).sort();
  const [table] = /^\| kind [^]*?\n\n/m.exec(page) ?? [""];
  const rows = table.split("\n").slice(2).map((row) => row.split("|")[1] ?? "");
  assertEquals(rows.flatMap((row) => [...row.matchAll(/`([\w-]+)`/g)].map(([, kind]) => kind)).sort(), kinds);
});

test("docs/downloading.md gives the numbers that are in the code", () => {
  const { PER_HOST, FILES_IN_FLIGHT, USER_AGENT, RETRIES } = constants;
  const { FAILURES_TO_OPEN, OPEN_MS, MAX_OPEN_MS, GIVEN_UP_OPEN_MS } = circuitBreaker;
  const told = [`--per-host ${PER_HOST}`, `--concurrency ${FILES_IN_FLIGHT}`, `--retries ${RETRIES}`, USER_AGENT];
  told.push(`more than ${MAX_REDIRECTS},`, `up to ${MAX_STALLED.toLocaleString("en")} such`);
  for (const text of told) assertStringIncludes(page, text);
  assertEquals(RETRY_AFTER_MOST_MS, 5 * 60_000);
  assertEquals([FAILURES_TO_OPEN, OPEN_MS, MAX_OPEN_MS], [5, 500, 10_000]);
  assertEquals([constants.RETRY_MAX_TIME_MS, GIVEN_UP_OPEN_MS], [2 * 60_000, 60_000]);
  assertEquals([constants.KEEP_PARTIAL_FROM, constants.BACKOFF_MS], [2 ** 20, 500]);
  assertEquals(nameFromUrl("http://a/"), "index.html");
});
