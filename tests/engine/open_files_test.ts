/** Every URL is downloaded where a process may have few files open, however many hosts there are. */

import { assertEquals } from "@std/assert";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const needed = await testNeeding("net", "read", "write", "run");
const ROOT = new URL("../../", import.meta.url);
const hasUlimit = Deno.build.os === "linux";
const test: typeof needed = hasUlimit
  ? needed
  : (name, fn) => Deno.test({ name: `${name} (left out: needs Linux's limit of open files)`, ignore: true, fn });

/** So many hosts that the connections which they leave behind are more than a process may have. */
const HOSTS = 60;
const PER_HOST = 5;

/** Runs a script that may have 64 files open. */
async function runWithFew(script: string, args: string[]) {
  const run = `ulimit -n 64 && exec deno run -A "$@"`;
  const output = await new Deno.Command("bash", {
    args: ["-c", run, "bash", script, ...args, "--json", "--quiet"],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(output.stdout);
  const { done, failed } = text.startsWith("{") ? JSON.parse(text) : { done: text, failed: text };
  return { code: output.code, done, failed, stderr: new TextDecoder().decode(output.stderr) };
}

for (const strategy of ["threaded", "async", "optimized"]) {
  test(`${strategy}.ts saves every file of ${HOSTS} hosts where 64 files may be open`, async () => {
    await using stack = new AsyncDisposableStack();
    const servers = Array.from({ length: HOSTS }, () => stack.use(new CountingServer()));
    const folder = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const urls = Array.from({ length: PER_HOST }, (_, n) => servers.map(({ url }) => `${url}/${n}`)).flat();
    await Deno.writeTextFile(`${folder}/list.txt`, urls.join("\n"));
    const args = ["--input", `${folder}/list.txt`, "--output", `${folder}/files`, "--retries", "0"];
    const { code, done, failed, stderr } = await runWithFew(`${strategy}.ts`, args);
    assertEquals({ code, done, failed }, { code: 0, done: urls.length, failed: 0 }, stderr);
    assertEquals(servers.flatMap((server) => server.counts()), urls.map(() => 1), "each was asked for once");
  });
}

test("optimized.ts reads every page over HTTP/1.1 where 64 files may be open", async () => {
  await using server = new CountingServer({
    answer: async (path) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return new Response(path.slice(1));
    },
  });
  const { code, done, failed, stderr } = await runWithFew("optimized.ts", [
    ...["--url", server.url, "--trials", "300", "--http", "1", "--retries", "0"],
  ]);
  assertEquals({ code, done, failed }, { code: 0, done: 300, failed: 0 }, stderr);
});
