/** `--failed`: whatever ends a run, what isn't done is in it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const path = (script: string) => new URL(`../../${script}.ts`, import.meta.url).pathname;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function start(folder: string, script: string, args: string, stdin: "null" | "piped" = "null"): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", path(script), ...args.split(" ")],
    ...{ cwd: folder, env: { NO_COLOR: "1" }, stdin, stdout: "piped", stderr: "piped" },
  }).spawn();
}

async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function inFolder(list: string[], work: (folder: string) => Promise<void>, name = "list.txt"): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, list.join("\n"));
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const linesOf = (file: string) =>
  Deno.readTextFileSync(file).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
const urlsOf = (file: string): string[] => linesOf(file).map(({ url }) => url);
const savedIn = (folder: string) =>
  [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name);

/** A server that answers some requests, and leaves the others waiting; says when one of those has come. */
function stopping(answered: number) {
  let asked = 0;
  const stuck = Promise.withResolvers<void>();
  const server = new CountingServer({
    answer(path) {
      if (++asked <= answered) return new Response(path);
      stuck.resolve();
      return new Promise<Response>(() => {});
    },
  });
  return { server, isStuck: stuck.promise };
}

const COUNT = 3_000;
const listOf = (url: string) => Array.from({ length: COUNT }, (_, n) => `${url}/${n}`);

/** Makes a list of each kind out of URLs. */
const KINDS: Record<string, (urls: string[]) => string[]> = {
  "list.txt": (urls) => urls,
  "list.ndjson": (urls) => urls.map((url) => JSON.stringify({ url, name: `n${url.split("/").at(-1)}` })),
  "list.csv": (urls) => ["url,name", ...urls.map((url) => `${url},n${url.split("/").at(-1)}`)],
};

for (const [name, make] of Object.entries(KINDS)) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    if (name !== "list.ndjson" && signal !== "SIGINT") continue;
    test(`${name} of ${COUNT} URLs loses none when ${signal} ends the run, although it is replaced by what isn't done`, async () => {
      const { server, isStuck } = stopping(40);
      await using _server = server;
      await inFolder(make(listOf(server.url)), async (folder) => {
        const failed = name.endsWith(".csv") ? "left.ndjson" : name;
        const child = start(
          folder,
          "optimized",
          `--input ${name} --failed ${failed} --output files --per-host 8 --quiet`,
        );
        await isStuck;
        child.kill(signal);
        const { code } = await ended(child);
        assertEquals(code, { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
        const done = savedIn(`${folder}/files`).map((file) => file.replace("n", ""));
        const left = urlsOf(`${folder}/${failed}`).map((url) => url.split("/").at(-1) ?? "");
        assert(done.length > 0 && done.length <= 40 && left.length === new Set(left).size);
        assertEquals(new Set([...done, ...left]).size, COUNT);
        if (name !== "list.txt") {
          assert(linesOf(`${folder}/${failed}`).every(({ url, name }) => url.endsWith(`/${name.slice(1)}`)));
        }
        assert(linesOf(`${folder}/${failed}`).some(({ why }) => why === "interrupted"));
        assertEquals(linesOf(`${folder}/${failed}`).at(-1).why, "not started");
      }, name);
    });
  }
}

test("a list that is killed while --failed is to replace it is there as it was", async () => {
  const { server, isStuck } = stopping(40);
  await using _server = server;
  await inFolder(KINDS["list.ndjson"](listOf(server.url)), async (folder) => {
    const before = Deno.readTextFileSync(`${folder}/list.ndjson`);
    const child = start(folder, "async", "--input list.ndjson --failed list.ndjson --output files --quiet");
    await isStuck;
    child.kill("SIGKILL");
    await ended(child);
    assertEquals(Deno.readTextFileSync(`${folder}/list.ndjson`), before);
  }, "list.ndjson");
});

test("a run that ends at the first failure writes down all that it left, and the next one has nothing else to do", async () => {
  let broken = true;
  await using server = new CountingServer({
    answer: (path) => new Response(path, { status: broken && path === "/5" ? 404 : 200 }),
  });
  await inFolder(KINDS["list.ndjson"](listOf(server.url)), async (folder) => {
    const args = "--input list.ndjson --failed list.ndjson --output files --quiet";
    assertEquals((await ended(start(folder, "async", `${args} --fail-fast`))).code, 1);
    const done = savedIn(`${folder}/files`).length;
    const left = linesOf(`${folder}/list.ndjson`);
    assertEquals(left.length, COUNT - done);
    assert(left.some(({ url, why }) => url.endsWith("/5") && why === "the server answered 404 Not Found"));
    broken = false;
    assertEquals((await ended(start(folder, "async", args))).code, 0);
    assertEquals([savedIn(`${folder}/files`).length, Deno.readTextFileSync(`${folder}/list.ndjson`)], [COUNT, ""]);
    const again = await ended(start(folder, "async", args));
    assertEquals([again.code, again.stderr], [0, ""]);
    assertMatch(again.stdout, /^downloaded 0 files/);
  }, "list.ndjson");
});

test("a --failed that can't be written costs neither the list nor the result, and is exit code 3", async () => {
  await using server = new CountingServer({ answer: () => new Response("no", { status: 404 }) });
  await inFolder([`${server.url}/1`], async (folder) => {
    const line = `ulimit -f 0; trap '' XFSZ; exec "$0" run -A --quiet ${
      path("simple")
    } --input list.txt --failed list.txt`;
    const env = { NO_COLOR: "1" };
    const before = Deno.readTextFileSync(`${folder}/list.txt`);
    const shell = new Deno.Command("bash", {
      args: ["-c", line, Deno.execPath()],
      ...{ cwd: folder, env, stdin: "null", stdout: "piped", stderr: "piped" },
    });
    const { code, stdout, stderr } = await ended(shell.spawn());
    assertMatch(stderr, /cannot write list\.txt: File too large/);
    assertEquals([code, stdout.startsWith("read 0 of 1 URL")], [3, true]);
    assertEquals(Deno.readTextFileSync(`${folder}/list.txt`), before);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["list.txt"]);
  });
});

test("a mistake in the command leaves the list of an earlier run as it was", async () => {
  await inFolder(["http://127.0.0.1:9/"], async (folder) => {
    await Deno.writeTextFile(`${folder}/failed`, '{"url":"http://127.0.0.1:9/2"}\n');
    assertEquals((await ended(start(folder, "async", "--input nowhere --failed failed"))).code, 2);
    assertEquals(urlsOf(`${folder}/failed`), ["http://127.0.0.1:9/2"]);
  });
});

test("a list that breaks off isn't replaced by what could be read of it", async () => {
  await using server = new CountingServer({ answer: () => new Response("no", { status: 404 }) });
  await inFolder([], async (folder) => {
    const text = listOf(server.url).join("\n");
    const packed = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
    const cut = packed.subarray(0, packed.length - 9);
    await Deno.writeFile(`${folder}/list`, cut);
    const { code, stderr } = await ended(start(folder, "async", "--input list --failed list --quiet"));
    assertEquals(code, 2);
    assertMatch(stderr, /list is left as it was: reading the list list failed after line \d+/);
    assertEquals(await Deno.readFile(`${folder}/list`), cut);
  });
});

for (const ends of [true, false]) {
  test(`what standard input would still have said is in --failed ${ends ? "if it ends" : "as far as it comes"}`, async () => {
    const { server, isStuck } = stopping(4);
    await using _server = server;
    await inFolder([], async (folder) => {
      const child = start(folder, "async", "--input - --failed left --report report --per-host 2 --quiet", "piped");
      const writer = child.stdin.getWriter();
      const urls = listOf(server.url);
      const say = (part: string[]) => writer.write(new TextEncoder().encode(part.map((url) => `${url}\n`).join("")));
      await say(urls.slice(0, 100));
      await isStuck;
      child.kill("SIGTERM");
      await say(urls.slice(100));
      if (ends) await writer.close();
      const { code, stderr } = await ended(child);
      assertEquals(code, 143);
      const done = linesOf(`${folder}/report`).filter(({ result }) => result === "done");
      assert(done.length >= 3 && done.length <= 4);
      assertEquals(new Set([...urlsOf(`${folder}/left`), ...done.map(({ url }) => url)]), new Set(urls));
      assertEquals(urlsOf(`${folder}/left`).length, COUNT - done.length);
      assertEquals(/^left lacks what the list would still have said/m.test(stderr), !ends);
      if (!ends) await writer.abort().catch(() => {});
    });
  });
}
