/** Lists that are still being written: a pipe goes in, what became of its lines comes out, and either side may wait. */

import { assertEquals } from "@std/assert";
import { TextLineStream } from "@std/streams/text-line-stream";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SCRIPT = new URL("../../", import.meta.url).pathname;

/** A run whose list is written, and whose report is read, line by line. */
class Piped implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly child: Deno.ChildProcess;
  readonly #in: WritableStreamDefaultWriter<Uint8Array>;
  readonly #out: ReadableStreamDefaultReader<string>;

  constructor(script: string, ...args: string[]) {
    this.child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `${SCRIPT}${script}.ts`, "-i", "-", "--quiet", ...args],
      ...{ cwd: this.folder, stdin: "piped", stdout: "piped", stderr: "null" },
    }).spawn();
    this.#in = this.child.stdin.getWriter();
    this.#out = this.child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  }

  write(text: string): Promise<void> {
    return this.#in.write(new TextEncoder().encode(text));
  }

  async line(): Promise<string | undefined> {
    return (await this.#out.read()).value;
  }

  close(): Promise<void> {
    return this.#in.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#in.close().catch(() => {});
    await this.#out.cancel();
    await this.child.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}

for (const script of ["download", "async", "threaded"]) {
  test(`${script}.ts downloads each line of a list that stays open, and reports it before the next is written`, async () => {
    await using server = new CountingServer();
    await using run = new Piped(script, "-o", "files", "--report", "-");
    for (const page of ["1", "2", "3"]) {
      await run.write(`${server.url}/${page}\n`); // would be waited for in vain if it took more than that to start
      const outcome = JSON.parse(await run.line() ?? "");
      assertEquals([outcome.result, outcome.url], ["done", `${server.url}/${page}`]);
      assertEquals(Deno.readTextFileSync(`${run.folder}/files/${outcome.file}`), page);
    }
    await run.close();
    assertEquals([await run.line(), (await run.child.status).code], [undefined, 0]);
    assertEquals(server.counts(), [1, 1, 1]);
  });
}

test("a line that comes in pieces is taken when it is whole, and the last one without its end", async () => {
  await using server = new CountingServer();
  await using run = new Piped("download", "--report", "-", "--failed", "failed.ndjson");
  await run.write(`${server.url}/1\n${server.url}`);
  assertEquals(JSON.parse(await run.line() ?? "").url, `${server.url}/1`);
  await run.write("/2\n");
  assertEquals(JSON.parse(await run.line() ?? "").url, `${server.url}/2`);
  await run.write(`${server.url}/3`);
  await run.close();
  assertEquals(JSON.parse(await run.line() ?? "").url, `${server.url}/3`);
  assertEquals((await run.child.status).code, 0);
});

test("--name and --dry-run go line by line, too", async () => {
  await using run = new Piped("download", "-o", "files", "--name", "{n}-{name}", "--dry-run");
  for (const n of [1, 2]) {
    await run.write(`http://a/x\n`);
    assertEquals(await run.line(), `fetch http://a/x -> ${n}-x`);
  }
  await run.close();
  assertEquals((await run.child.status).code, 0);
});

test("a server that doesn't answer holds up no later line", async () => {
  await using server = new CountingServer({
    answer: (path) => path === "/never" ? new Promise(() => {}) : new Response(path),
  });
  await using run = new Piped("download", "--report", "-");
  await run.write(`${server.url}/never\n`);
  for (const page of ["/1", "/2"]) {
    await run.write(`${server.url}${page}\n`);
    assertEquals(JSON.parse(await run.line() ?? "").url, server.url + page);
  }
  run.child.kill("SIGINT");
  assertEquals(JSON.parse(await run.line() ?? "").kind, "aborted");
  assertEquals((await run.child.status).code, 130);
});

test("Ctrl-C ends a run whose list stays open", async () => {
  await using server = new CountingServer();
  await using run = new Piped("download", "--report", "-");
  await run.write(`${server.url}/1\n`);
  await run.line();
  run.child.kill("SIGINT");
  assertEquals((await run.child.status).code, 130);
});
