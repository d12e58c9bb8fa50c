/** Lists of URLs into folders, with the scripts as their users run them. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { content, contentKey } from "../../site/content.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { spawnServer } from "../helpers/spawn_server.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const path = (script: string) => new URL(`../../${script}.ts`, import.meta.url).pathname;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Starts a script in a folder. */
function start(folder: string, script: string, args: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", path(script), ...args.split(" ")],
    ...{ cwd: folder, env: { NO_COLOR: "1" }, stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout).trimEnd(), stderr: decoder.decode(stderr) };
}

const run = (folder: string, script: string, args: string) => ended(start(folder, script, args));

/** A folder for a test, with a list in it. */
async function inFolder(list: string | string[], work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/list.txt`, Array.isArray(list) ? list.join("\n") : list);
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is in a folder, by name, without what isn't whole. */
function filesIn(folder: string): Record<string, string> {
  const files = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
  return Object.fromEntries(files.map((name) => [name, Deno.readTextFileSync(`${folder}/${name}`)]));
}

const linesOf = (file: string) => Deno.readTextFileSync(file).trimEnd().split("\n").map((line) => JSON.parse(line));

/** A line without its times, which differ. */
const SECONDS = /[\d.]+ m?s\b/;

for (const script of ["simple", "threaded", "async", "optimized", "download"]) {
  test(`${script}.ts downloads a list into a folder, and the second time only what is missing`, async () => {
    await using server = new CountingServer({
      answer: (path, nth) =>
        path === "/c" && nth === 1 ? new Response(null, { status: 404 }) : new Response(`<${path}>`),
    });
    await inFolder(["a", "b?x=1", "c", "d/", "a"].map((path) => `${server.url}/${path}`), async (folder) => {
      const first = await run(folder, script, "--input list.txt --output files");
      assertEquals(
        first.stdout.replace(SECONDS, "0s"),
        "downloaded 3 of 5 files (13 bytes) in 0s, 1 was listed before",
      );
      assertMatch(first.stderr, /^1 failed \(status\), for example http:\S+\/c: the server answered 404 Not Found$/m);
      assertEquals(first.code, 1);
      assertEquals(filesIn(`${folder}/files`), { a: "</a>", b: "</b>", "index.html": "</d/>" });
      const second = await run(folder, script, "--input list.txt --output files --quiet");
      assertEquals(
        second.stdout.replace(SECONDS, "0s"),
        "downloaded 1 of 5 files (4 bytes) in 0s, 3 were there already, 1 was listed before",
      );
      assertEquals([second.code, second.stderr], [0, ""]);
      assertEquals(server.counts().sort(), [1, 1, 1, 2]);
      const third = await run(folder, script, "--input list.txt --output files --quiet");
      assertEquals([third.code, server.counts().sort()], [0, [1, 1, 1, 2]]);
    });
  });
}

for (const script of ["async", "download"]) {
  test(`${script}.ts downloads the URLs of its command line, into a folder or only to count them`, async () => {
    await using server = new CountingServer({ answer: (path) => new Response(`<${path}>`) });
    await inFolder("", async (folder) => {
      const saved = await run(folder, script, `${server.url}/a -o files ${server.url}/b ${server.url}/a --quiet`);
      assertEquals(
        [saved.code, saved.stdout.replace(SECONDS, "0s"), saved.stderr],
        [0, "downloaded 2 of 3 files (8 bytes) in 0s, 1 was listed before", ""],
      );
      assertEquals(filesIn(`${folder}/files`), { a: "</a>", b: "</b>" });
      const again = await run(folder, script, `-ofiles ${server.url}/a -j1 --json --quiet`);
      const { asked, skipped, done }: Record<string, number> = JSON.parse(again.stdout);
      assertEquals([again.code, asked, skipped, done], [0, 1, 1, 0]);
      const counted = await run(folder, script, `${server.url}/a`);
      assertEquals([counted.code, counted.stdout.replace(SECONDS, "0s")], [0, "read 1 URL (4 bytes) in 0s"]);
      assertEquals(server.counts().sort(), [1, 2]);
      const dry = await run(folder, script, `${server.url}/c --dry-run --output=files`);
      assertEquals([dry.code, dry.stdout], [0, `fetch ${server.url}/c -> c`]);
    });
  });
}

test("a report shows no password of a URL that was typed", async () => {
  await using server = new CountingServer({ answer: () => new Response("a") });
  await inFolder("", async (folder) => {
    const url = (path: string) => `${server.url.replace("//", "//me:secret@")}${path}`;
    const { code } = await run(folder, "async", `${url("/a")} ${url("/b?c=d@e")} --html report.html --quiet`);
    const report = await Deno.readTextFile(`${folder}/report.html`);
    assertEquals([code, report.includes("secret")], [0, false]);
    assertStringIncludes(report, `async.ts ${server.url}/a ${server.url}/b?c=d@e --html`);
  });
});

test("a list without --output is read and counted", async () => {
  await using server = new CountingServer();
  await inFolder([1, 22, 333].map((n) => `${server.url}/${n}`), async (folder) => {
    const { code, stdout, stderr } = await run(folder, "optimized", "--input list.txt");
    assertEquals([code, stdout.replace(SECONDS, "0s")], [0, "read 3 URLs (6 bytes) in 0s"]);
    assertMatch(stderr, /^3 requests, [\d,.]+ per second$/m);
    assertMatch(
      stderr,
      /^first byte after [\d.]+ m?s \(p50\), [\d.]+ m?s \(p90\), [\d.]+ m?s \(p99\), [\d.]+ m?s \(max\)$/m,
    );
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["list.txt"]);
  });
});

test("pages of the website are saved, too, and summed up all the same", async () => {
  await using server = new CountingServer();
  await inFolder("", async (folder) => {
    const { code, stdout } = await run(folder, "async", `--trials 5 --url ${server.url} --output pages --json --quiet`);
    const { value, done } = JSON.parse(stdout);
    assertEquals([code, value, done], [0, "10", 5]);
    assertEquals(filesIn(`${folder}/pages`), { 0: "0", 1: "1", 2: "2", 3: "3", 4: "4" });
  });
});

test("a list comes from standard input, gzipped if need be", async () => {
  await using server = new CountingServer();
  await inFolder([1, 2, 3].map((n) => `${server.url}/${n}`), async (folder) => {
    for (const input of ["--input -", "-"]) {
      const line = `gzip -c list.txt | ${Deno.execPath()} run -A --quiet ${path("async")} ${input} --quiet`;
      const { code, stdout } = await ended(
        new Deno.Command("bash", { args: ["-c", line], cwd: folder, stdout: "piped", stderr: "piped" }).spawn(),
      );
      assertEquals([code, stdout.replace(SECONDS, "0s")], [0, "read 3 URLs (3 bytes) in 0s"]);
    }
  });
});

test("lines that are no URLs are reported with their numbers and skipped, and the exit code says so", async () => {
  await using server = new CountingServer();
  await inFolder(`# a comment\n${server.url}/1\n\nnot a URL\r\n${server.url}/2\nftp://a/b\n`, async (folder) => {
    const { code, stdout, stderr } = await run(folder, "async", "--input list.txt --quiet");
    assertEquals([code, stdout.replace(SECONDS, "0s")], [1, "read 2 URLs (2 bytes) in 0s"]);
    assertEquals(stderr.split("\n"), [
      'list.txt line 4 is skipped: "not a URL" is not an http:// or https:// URL',
      'list.txt line 6 is skipped: "ftp://a/b" is not an http:// or https:// URL',
      "2 lines of the list skipped: not URLs",
      "",
    ]);
  });
});

test("a file that is no list doesn't flood the log", async () => {
  await inFolder(Array.from({ length: 500 }, (_, n) => `rubbish ${n}`), async (folder) => {
    const { code, stderr } = await run(folder, "async", "--input list.txt --quiet");
    assertEquals([code, stderr.trimEnd().split("\n").length], [1, 12]);
    assertMatch(stderr, /500 lines of the list skipped/);
  });
});

test("--strict downloads nothing when a line is no URL", async () => {
  await using server = new CountingServer();
  await inFolder([`${server.url}/1`, "rubbish"], async (folder) => {
    const { code, stdout, stderr } = await run(folder, "async", "--input list.txt --output files --strict");
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr, 'async.ts: list.txt line 2: "rubbish" is not an http:// or https:// URL\n');
    assertEquals(server.requests.size, 0);
  });
});

test("mistakes end a run before it begins, in one line", async () => {
  await inFolder("http://127.0.0.1:9/", async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const cases: [args: string, code: number, message: RegExp][] = [
      ["--input nowhere.txt", 2, /^async.ts: cannot read the list nowhere.txt: No such file/],
      ["--input list.txt --output file", 3, /^async.ts: cannot write to the folder file: /],
      ["--input list.txt --report none/report", 3, /^async.ts: cannot write none\/report: No such file/],
      ["--input list.txt --failed none/failed", 3, /^async.ts: cannot write none\/failed: No such file/],
      ["--input list.txt --cacert none.pem", 2, /^async.ts: --cacert none.pem can't be read: No such file/],
    ];
    for (const [args, code, message] of cases) {
      const ended = await run(folder, "async", args);
      assertMatch(ended.stderr, message);
      assertEquals([ended.code, ended.stdout, ended.stderr.trimEnd().split("\n").length], [code, "", 1], args);
    }
  });
});

test("two runs that save to one folder: the second says so in one line, and the first isn't disturbed", async () => {
  const waiting = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using server = new CountingServer({
    async answer(path) {
      asked.resolve();
      await waiting.promise;
      return new Response(path);
    },
  });
  await inFolder(`${server.url}/1`, async (folder) => {
    const first = start(folder, "async", "--input list.txt --output files --quiet");
    await asked.promise;
    const second = await run(folder, "optimized", "--input list.txt --output files");
    assertEquals([second.code, second.stdout], [3, ""]);
    assertEquals(
      second.stderr,
      "optimized.ts: another run is saving to files; wait for it, or use another folder\n",
    );
    waiting.resolve();
    assertEquals((await ended(first)).code, 0);
    assertEquals(filesIn(`${folder}/files`), { 1: "/1" });
  });
});

test("--dry-run prints what would be fetched, and does nothing", async () => {
  await using server = new CountingServer();
  const list = ["a.txt", "b/a.txt", "a.txt", "c"].map((path) => `${server.url}/${path}`);
  await inFolder(list, async (folder) => {
    const { code, stdout } = await run(folder, "simple", "--input list.txt --output files --dry-run");
    assertEquals(code, 0);
    assertMatch(
      stdout.replaceAll(server.url, ""),
      /^fetch \/a.txt -> a.txt\nfetch \/b\/a.txt -> a~\w{12}.txt\nskip {2}\/a.txt \(listed before\)\nfetch \/c -> c$/,
    );
    assertEquals([server.requests.size, [...Deno.readDirSync(folder)].length], [0, 1]);
    await Deno.writeTextFile(`${folder}/one.txt`, `${server.url}/c`);
    await run(folder, "simple", "--input one.txt --output files");
    const again = await run(folder, "simple", "--input list.txt --output files --dry-run --json");
    const names = again.stdout.split("\n").map((line) => JSON.parse(line)).map(({ file, skipped }) => [file, skipped]);
    assertEquals([names[0], names[2], names[3]], [["a.txt", undefined], [undefined, "duplicate"], ["c", "done"]]);
  });
});

test("--dry-run ends as the run would with lines that are no URLs", async () => {
  await inFolder(["http://127.0.0.1/a", "no url"], async (folder) => {
    assertEquals((await run(folder, "simple", "--input list.txt --dry-run")).code, 1);
  });
});

test("what may hold secrets is for its owner only, also where a file was there before", async () => {
  await using server = new CountingServer();
  await inFolder([`${server.url}/a`], async (folder) => {
    await Deno.writeTextFile(`${folder}/report`, "old", { mode: 0o644 });
    await run(folder, "simple", "--input list.txt --report report --failed failed");
    for (const file of ["report", "failed"]) {
      assertEquals(((await Deno.stat(`${folder}/${file}`)).mode ?? 0) & 0o777, 0o600, file);
    }
  });
});

test("--report has a line for every URL, --failed a list that can be read again", async () => {
  let broken = true;
  await using server = new CountingServer({
    answer: (path, _nth, request) =>
      path === "/broken" && broken || request.headers.get("authorization") === null && path === "/secret"
        ? new Response("no", { status: 403 })
        : new Response(path),
  });
  const list = [
    { url: `${server.url}/1`, name: "folder/one" },
    { url: `${server.url}/1`, name: "folder/one" },
    { url: `${server.url.replace("//", "//user:pass@")}/secret` },
    { url: `${server.url}/broken`, name: "b", headers: { "x-key": "k" }, sha256: "ff".repeat(32) },
  ];
  await inFolder(list.map((line) => JSON.stringify(line)), async (folder) => {
    const args = "--output files --report report.ndjson --failed list.txt --quiet";
    const first = await run(folder, "optimized", `--input list.txt ${args}`);
    assertEquals([first.code, first.stdout.includes("pass@")], [1, false]);
    const report = linesOf(`${folder}/report.ndjson`).sort((a, b) =>
      `${a.url} ${a.result}` < `${b.url} ${b.result}` ? -1 : 1
    );
    assertEquals(report.map(({ result, status, file, bytes, attempts }) => [result, status, file, bytes, attempts]), [
      ["done", 200, "folder/one", 2, 1],
      ["skipped", undefined, undefined, 0, 0],
      ["failed", 403, undefined, 0, 1],
      ["done", 200, "secret", 7, 1],
    ]);
    assertEquals(report[2].kind, "status");
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("/1"))).toHex();
    assertEquals(report[0].sha256, sha256);
    assert(
      report.every(({ startedAt, ms, url }) => !Number.isNaN(Date.parse(startedAt)) && ms >= 0 && !url.includes("@")),
    );
    assertEquals(linesOf(`${folder}/list.txt`), [{ ...list[3], why: "the server answered 403 Forbidden" }]);
    broken = false;
    const second = await run(folder, "optimized", `--input list.txt ${args}`);
    assertEquals(second.code, 1);
    assertMatch(linesOf(`${folder}/list.txt`)[0].why, /^the body's SHA-256 is \w{64}, not ffff/);
    assertEquals(filesIn(`${folder}/files`), { secret: "/secret" });
  });
});

test("--fail-fast ends the run at the first failure, with everything accounted for", async () => {
  await using server = new CountingServer({
    answer: (path) => new Response(path, { status: path === "/5" ? 404 : 200 }),
  });
  await inFolder(Array.from({ length: 20_000 }, (_, n) => `${server.url}/${n}`), async (folder) => {
    const args = "--input list.txt --output files --concurrency 4 --json --quiet --fail-fast";
    const { code, stdout, stderr } = await run(folder, "async", args);
    const { asked, done, skipped, failed, notStarted, unread } = JSON.parse(stdout);
    assertEquals([code, asked, skipped], [1, done + failed + notStarted, 0]);
    assert(done < 50 && failed <= 5 && unread);
    assertMatch(
      stderr,
      /^ended early, because a download has failed, after [\d.]+ m?s: \d+ not started, and the rest of the list not read$/m,
    );
    assertEquals(Object.keys(filesIn(`${folder}/files`)).length, done);
  });
});

test("Ctrl-C ends a run of a list in good order: exit code 130, no half file, and it can be continued", async () => {
  await using server = await spawnServer(["--delay", "20ms"]);
  const urls = Array.from({ length: 400 }, (_, n) => `${server.url}${n}?numbytes=3000`);
  await inFolder(urls, async (folder) => {
    const args = "--input list.txt --output files --per-host 4 --json --quiet";
    const child = start(folder, "optimized", args);
    for await (const event of Deno.watchFs(folder)) if (event.paths.some((path) => path.endsWith("/files"))) break;
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended(child);
    const { asked, done, skipped, failed, notStarted, interrupted } = JSON.parse(stdout);
    assertEquals([code, interrupted, asked], [130, true, done + skipped + failed + notStarted]);
    assertMatch(stderr, /^interrupted after [\d.]+ m?s: \d+ not started/m);
    assertEquals(Object.keys(filesIn(`${folder}/files`)).length, done);
    assertEquals((await run(folder, "optimized", args.replace("4", "50"))).code, 0);
    assertWhole(`${folder}/files`, 400, 3_000);
  });
});

function assertWhole(folder: string, count: number, bytes: number): void {
  const names = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name);
  assertEquals(names.length, count);
  for (const name of names) {
    assertEquals(Deno.readFileSync(`${folder}/${name}`), content(contentKey(name, 0), 0, bytes));
  }
}

test("a run that is killed again and again loses nothing and leaves no half file", async () => {
  let requests = 0;
  let killAt = Infinity;
  let kill = () => {};
  await using server = new CountingServer({
    answer(path) {
      if (++requests === killAt) kill();
      return new Response(content(contentKey(path.slice(1), 0), 0, 20_000));
    },
  });
  const count = 1_000;
  const urls = Array.from({ length: count }, (_, n) => `${server.url}/${n}`);
  await inFolder(urls, async (folder) => {
    let had = 0;
    for (let kills = 0; kills < 8; kills++) {
      // The moment of the kill is what is random here: at a request, so that a busy machine has something to show by then
      killAt = requests + 10 + Math.floor(Math.random() * 90);
      const child = start(folder, "optimized", "--input list.txt --output files --per-host 3 --quiet");
      kill = () => child.kill("SIGKILL");
      await child.output();
      const names = Object.keys(filesIn(`${folder}/files`));
      for (const name of names) assertEquals(Deno.statSync(`${folder}/files/${name}`).size, 20_000);
      assert(names.length >= had, "nothing that was there is gone");
      had = names.length;
    }
    assert(had > 0 && had < count, `${had} files after eight kills`);
    const { code, stdout } = await run(folder, "optimized", "--input list.txt --output files --json --quiet");
    const { done, skipped } = JSON.parse(stdout);
    assertEquals([code, done, skipped], [0, count - had, had]);
    assertWhole(`${folder}/files`, count, 20_000);
    // What was on its way when it was killed is fetched again
    assert(requests <= count + 8 * 6, `${requests} requests for ${count} files`);
  });
});

test("a large file that broke off is continued, and starts over when it has changed", async () => {
  const size = 5_000_000;
  const cut = 3_000_000;
  const ranges: (string | null)[] = [];
  let version = 1;
  await using server = new CountingServer({
    answer(_path, nth, request) {
      const body = content(version, 0, size);
      const range = request.headers.get("range");
      ranges.push(range);
      const headers = { etag: `"v${version}"`, "accept-ranges": "bytes" };
      if (nth === 1) {
        const stream = new ReadableStream({
          async start(controller) {
            controller.enqueue(body.subarray(0, cut));
            await new Promise((resolve) => setTimeout(resolve, 200));
            controller.close();
          },
        });
        return new Response(stream, { headers: { ...headers, "content-length": String(size) } });
      }
      const [, from] = /^bytes=(\d+)-$/.exec(range ?? "") ?? [];
      if (from === undefined || request.headers.get("if-range") !== headers.etag) {
        return new Response(body, { headers });
      }
      const contentRange = `bytes ${from}-${size - 1}/${size}`;
      return new Response(body.subarray(Number(from)), {
        status: 206,
        headers: { ...headers, "content-range": contentRange },
      });
    },
  });
  for (const change of [false, true]) {
    server.requests.clear();
    ranges.length = 0;
    await inFolder(`${server.url}/large.bin`, async (folder) => {
      const first = await run(folder, "async", "--input list.txt --output files --retries 0 --quiet");
      assertEquals([first.code, Object.keys(filesIn(`${folder}/files`))], [1, []]);
      if (change) version++;
      const second = await run(folder, "async", "--input list.txt --output files --quiet --report r");
      assertEquals(second.code, 0);
      assertEquals(Deno.readFileSync(`${folder}/files/large.bin`), content(version, 0, size));
      assertMatch(ranges[1] ?? "", /^bytes=[1-3]\d{6}-$/);
      assertEquals(linesOf(`${folder}/r`)[0].bytes, size);
      assertEquals([...Deno.readDirSync(`${folder}/files/.download-stuff`)].map(({ name }) => name).sort(), [
        "journal",
        "lock",
      ]);
    });
  }
});

test("a disk that is full ends the run with exit code 3 and one line that says so", async (t) => {
  const leaveOut = (why: string) => t.step({ name: `left out: ${why}`, ignore: true, fn() {} });
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return void await leaveOut("only root may mount a small disk");
  await using server = await spawnServer(["--delay", "0"]);
  await inFolder(Array.from({ length: 200 }, (_, n) => `${server.url}${n}?numbytes=10000`), async (folder) => {
    await Deno.mkdir(`${folder}/files`);
    const disk = `${folder}/files`;
    const mount = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=300k", "tmpfs", disk] }).output();
    if (!mount.success) return void await leaveOut("this machine doesn't let root mount");
    try {
      const args = "--input list.txt --failed list.txt --output files --json --quiet";
      const { code, stdout, stderr } = await run(folder, "optimized", args);
      const { asked, done, skipped, failed, notStarted } = JSON.parse(stdout);
      assertEquals([code, linesOf(`${folder}/list.txt`).length], [3, 200 - done]);
      assertEquals([code, asked], [3, done + skipped + failed + notStarted]);
      assertMatch(
        stderr,
        /^ended early, because cannot save as \d+: No space left on device.*, after [\d.]+ m?s: \d+ not started$/m,
      );
      const files = Object.keys(filesIn(disk));
      assertEquals(files.length, done);
      for (const name of files) assertEquals(Deno.statSync(`${disk}/${name}`).size, 10_000);
    } finally {
      await new Deno.Command("umount", { args: [disk] }).output();
    }
  });
});
