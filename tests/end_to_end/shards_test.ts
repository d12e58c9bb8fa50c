/** Runs that save to shards: none is lost, none is there twice, however they end. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { download } from "../../download.ts";
import { optimized } from "../../optimized.ts";
import { threaded } from "../../threaded.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { howMany } from "../helpers/how_many.ts";
import { testNeeding } from "../helpers/needs.ts";
import { readShards, shardsIn } from "../helpers/read_tar.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SCRIPT = new URL("../../download.ts", import.meta.url).pathname;

const bodyOf = (path: string) => `${path} `.repeat(path.endsWith("0") ? 9_000 : path.endsWith("77") ? 200_000 : 20);

function startServer(): CountingServer {
  return new CountingServer({
    answer(path, nth) {
      if (path.startsWith("/bad")) return new Response("no", { status: 404 });
      if (path.endsWith("25") && nth === 1) {
        // Cut off, and right the second time
        return new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode(bodyOf(path).slice(0, 50))),
            pull: (controller) => controller.error(new Error("cut off")),
          }),
        );
      }
      const body = bodyOf(path);
      return new Response(path.endsWith("3") ? new Blob([body]).stream() : body, { headers: { etag: `"${path}"` } });
    },
  });
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function check(files: string, paths: readonly string[]): void {
  const byUrl = new Map<string, string>();
  for (const { body, said } of readShards(files).values()) {
    const { pathname } = new URL(String(said.url));
    assert(!byUrl.has(pathname), `${pathname} is there twice`);
    byUrl.set(pathname, body);
    assertEquals(said.bytes, body.length);
  }
  for (const path of paths) assert(byUrl.get(path) === bodyOf(path), `${path} is ${byUrl.get(path)?.slice(0, 20)}`);
  assertEquals(byUrl.size, paths.length);
}

const start = (folder: string, ...args: string[]) =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, "-i", "list.txt", "-o", "files", "--quiet", ...args],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  });

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();

for (const strategy of [download, optimized, threaded]) {
  test(`${strategy.title} saves to shards, and reports in which each body is`, () =>
    inFolder(async (folder) => {
      await using server = startServer();
      const paths = Array.from({ length: 300 }, (_, n) => `/${n}`);
      const run = async (of: readonly string[]) => {
        const outcomes: Outcome[] = [];
        const source = of.map((path) => ({ url: server.url + path }));
        await strategy(source, (outcome) => outcomes.push(outcome), {
          ...{ output: folder, outputFormat: "tar", shardSize: 300_000, retries: 1, backoffMs: 1, retryOn: [404] },
          ...{ concurrency: strategy === threaded ? 4 : 20, workers: 3 },
        });
        return outcomes;
      };
      const outcomes = await run([...paths, "/bad1"]);
      const [failed] = outcomes.filter(({ result }) => result === "failed");
      assertEquals(outcomes.filter(({ result }) => result === "done").length, 300);
      assertEquals(failed.status, 404);
      check(folder, paths);
      const all = readShards(folder);
      for (const outcome of outcomes) {
        if (outcome.result !== "done") continue;
        const { file, member = "" } = outcome;
        const { said, name } = all.get(member.slice(0, member.indexOf("."))) ?? {};
        assertEquals([said?.file, said?.member, name], [file, member, member]);
      }
      assert(shardsIn(folder).length > 3);
      const again = await run([...paths, "/late"]);
      assertEquals(again.filter(({ result }) => result === "skipped").length, 300);
      for (const outcome of again) {
        if (outcome.result === "skipped") assertMatch(outcome.file ?? "", /^\d{5}\.tar$/);
      }
      check(folder, [...paths, "/late"]);
      assertEquals([...Deno.readDirSync(`${folder}/.download-stuff`)].map(({ name }) => name).sort(), [
        "journal",
        "lock",
      ]);
    }));
}

test("a shard says of a file with several URLs which one it is from", () =>
  inFolder(async (folder) => {
    await using server = startServer();
    const url = `${server.url}/bad1`;
    const [from, other] = [`${server.url}/2`, `${server.url}/3`];
    const outcomes: Outcome[] = [];
    await download([{ url, mirrors: [from, other] }], (outcome) => outcomes.push(outcome), {
      ...{ output: folder, outputFormat: "tar", retries: 0 },
    });
    const all = readShards(folder);
    assertEquals([...all.keys()], ["bad1"]);
    const { said, body } = all.get("bad1") ?? {};
    assertEquals([said?.url, said?.from, body], [url, from, bodyOf("/2")]);
    assertEquals(outcomes.map((outcome) => [outcome.result, outcome.url, outcome.from]), [["done", url, from]]);
  }));

test("a run whose list can't be read to its end leaves whole shards of what it has got", () =>
  inFolder(async (folder) => {
    await using server = startServer();
    async function* source() {
      for (let n = 0; n < 20; n++) yield `${server.url}/${n}`;
      while (server.requests.size < 20) await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error("the list is torn");
    }
    const outcomes: Outcome[] = [];
    const options = { output: folder, outputFormat: "tar" } as const;
    const error = await download(source(), (outcome) => outcomes.push(outcome), options).then(() => {}, String);
    assertEquals(error, "Error: the list is torn");
    const done = outcomes.flatMap((outcome) => outcome.result === "done" ? [new URL(outcome.url).pathname] : []);
    assert(done.length > 0);
    check(folder, done);
    assertEquals([...Deno.readDirSync(`${folder}/.download-stuff`)].map(({ name }) => name).sort(), [
      "journal",
      "lock",
    ]);
  }));

/** Runs that are killed; `KILLS=100` for more. */
const KILLS = howMany("KILLS", 10);

test("a run that is killed again and again loses nothing of its shards, and has nothing twice", () =>
  inFolder(async (folder) => {
    await using server = startServer();
    const paths = Array.from({ length: 2_000 }, (_, n) => `/${n}`);
    Deno.writeTextFileSync(`${folder}/list.txt`, paths.map((path) => server.url + path).join("\n"));
    const args = ["--output-format", "tar", "--shard-size", "1MB", "--workers", "2", "--retries", "3"];
    for (let kills = 0; kills < KILLS; kills++) {
      const child = start(folder, ...args).spawn();
      let isOver = false;
      const ended = child.output().finally(() => isOver = true);
      // When it is killed is what is random here: anywhere within what it gets
      const most = server.requests.size + Math.random() * 1.5 * paths.length / KILLS;
      while (server.requests.size < most && !isOver) await new Promise((resolve) => setTimeout(resolve, 1));
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already
      }
      await ended;
      try {
        readShards(`${folder}/files`); // what has its name is whole
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    const { code, stdout, stderr } = await start(folder, ...args).output();
    assertEquals([code, text(stderr)], [0, ""]);
    assertMatch(text(stdout), /^downloaded [\d,]+ of 2,000 files/); // since some were there
    check(`${folder}/files`, paths);
  }));

test("Ctrl-C leaves whole shards, and the next run gets the rest", () =>
  inFolder(async (folder) => {
    await using server = startServer();
    const paths = Array.from({ length: 1_000 }, (_, n) => `/${n}`);
    Deno.writeTextFileSync(`${folder}/list.txt`, paths.map((path) => server.url + path).join("\n"));
    const child = start(folder, "--output-format", "tar", "--report", "report.ndjson", "--rate", "400").spawn();
    const ended = child.output();
    while (server.requests.size < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGINT");
    assertEquals((await ended).code, 130);
    const done = Deno.readTextFileSync(`${folder}/report.ndjson`).trimEnd().split("\n").map((line) => JSON.parse(line))
      .filter(({ result }) => result === "done");
    assertEquals(
      new Set(readShards(`${folder}/files`).keys()),
      new Set(done.map(({ member }) => member.split(".")[0])),
    );
    assertEquals((await start(folder, "--output-format", "tar").output()).code, 0);
    check(`${folder}/files`, paths);
  }));

test("a full disk ends a run that saves to shards with exit code 3 and one line, and the next one goes on", async (t) => {
  const leaveOut = (why: string) => t.step({ name: `left out: ${why}`, ignore: true, fn() {} });
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return void await leaveOut("only root may mount a small disk");
  await using server = startServer();
  await inFolder(async (folder) => {
    const paths = Array.from({ length: 1_000 }, (_, n) => `/${n}1`);
    Deno.writeTextFileSync(`${folder}/list.txt`, paths.map((path) => server.url + path).join("\n"));
    const disk = `${folder}/files`;
    await Deno.mkdir(disk);
    const mount = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk] }).output();
    if (!mount.success) return void await leaveOut("this machine doesn't let root mount");
    try {
      const { code, stderr } = await start(folder, "--output-format", "tar").output();
      assertEquals(code, 3);
      assertMatch(
        text(stderr),
        /^ended early, because cannot .*no space left.*$/im,
      );
      const more = ["-o", "remount,size=16m", disk];
      assert((await new Deno.Command("mount", { args: more }).output()).success);
      assertEquals((await start(folder, "--output-format", "tar").output()).code, 0);
      check(disk, paths);
    } finally {
      await new Deno.Command("umount", { args: [disk] }).output();
    }
  });
});

for (
  const [args, why] of [
    ["--shard-size 1MB", "--shard-size is about shards: name --output-format"],
    ["--output-format tar --update", "--update doesn't go with --output-format tar: what is in a shard isn't read or"],
    ["--output-format tar --segments 4", "--segments doesn't go with --output-format tar"],
    ["--output-format tar --verify", "--verify doesn't go with --output-format tar"],
    ["--output-format warc --write-sums s", "--write-sums doesn't go with --output-format warc"],
    ["--output-format zip", "--output-format"],
    ["--output-format tar --queue local", "--output-format doesn't go with --queue"],
  ] as const
) {
  test(`download.ts ${args} is refused with the reason`, () =>
    inFolder(async (folder) => {
      Deno.writeTextFileSync(`${folder}/list.txt`, "http://127.0.0.1:1/");
      const { code, stderr } = await start(folder, ...args.split(" ")).output();
      assertEquals(code, 2);
      assertStringIncludes(text(stderr), why);
    }));
}

for (
  const [options, why] of [
    [{ outputFormat: "tar" }, "Option outputFormat needs an output"],
    [{ outputFormat: "zip", output: "x" }, 'Option outputFormat takes "files", "tar" or "warc": it is zip'],
    [{ outputFormat: "tar", output: "x", update: true }, "Option update is for files"],
    [{ outputFormat: "tar", output: "x", verify: true }, "Option verify is for files"],
    [{ outputFormat: "tar", output: "x", shardSize: 0 }, "shardSize"],
  ] as const
) {
  test(`download() refuses ${JSON.stringify(options)}`, async () => {
    const error = await download([], () => {}, options as Parameters<typeof download>[2]).then(() => {}, String);
    assertStringIncludes(error ?? "", why);
  });
}
