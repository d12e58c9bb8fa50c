/** Each row of docs/permissions.md is run: with its permissions it works, and without any one of them it says which. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read", "write");

const ROOT = new URL("../../", import.meta.url);

/** The commands of the table and their permissions. */
function rows(): { command: string; permissions: string[] }[] {
  const page = Deno.readTextFileSync(new URL("docs/permissions.md", ROOT));
  return [...page.matchAll(/^\| `(\w+\.ts .*?)` +\| `(--allow-.*?)` +\|$/gm)].map(([, command, permissions]) => ({
    command,
    permissions: permissions.split(" "),
  }));
}

/** What the folder of a command has to begin with. */
async function inFolder(url: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/urls.txt`, `${url}/1\n${url}/2\n`);
    await Deno.mkdir(`${folder}/lines`);
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a command; a server is asked to end as soon as it listens. */
async function run(command: string, permissions: string[], { url, cwd }: { url: string; cwd: string }) {
  const [script, ...args] = command.replace("--url URL", `--url ${url}/`).replace("URL", `${url}/1`).split(" ");
  const allowed = permissions.map((each) => each.replace("PROJECT", decodeURIComponent(ROOT.pathname)));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...allowed, new URL(script, ROOT).href, ...args],
    ...{ cwd, stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const read = async () => {
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (script === "server.ts" && said.includes("docs at")) child.kill("SIGTERM");
    }
    return said;
  };
  const [stdout, stderr, { code }] = await Promise.all([read(), new Response(child.stderr).text(), child.status]);
  return { code, stdout, stderr };
}

test("docs/permissions.md says the least that each script needs, and each says which is missing", async (t) => {
  await using server = new CountingServer();
  const { url } = server;
  const all = rows();
  for (const script of ["simple", "threaded", "async", "optimized", "download", "server"]) {
    assert(all.some(({ command }) => command.startsWith(`${script}.ts `)), script);
  }
  for (const { command, permissions } of all) {
    await t.step(`${command}: ${permissions.join(" ")}`, () =>
      inFolder(url, async (cwd) => {
        const { code, stdout, stderr } = await run(command, permissions, { url, cwd });
        assertEquals(code, 0, stderr);
        assertMatch(stdout, /^(read|computed|downloaded|listening) /);
        if (command.includes("-o files")) assertEquals(Deno.readTextFileSync(`${cwd}/files/2`), "2");
      }));
    for (const missing of permissions) {
      const flag = missing.replace(/=.*/, "");
      await t.step(`${command} without ${flag}`, () =>
        inFolder(url, async (cwd) => {
          const others = permissions.filter((each) => each !== missing);
          const { code, stderr } = await run(command, others, { url, cwd });
          assert(code !== 0, `it works without ${flag}`);
          assertStringIncludes(stderr, flag);
          assert(!/\n {4}at /.test(stderr), stderr);
        }));
    }
  }
});

test("download.ts gets every page alone where it may not start workers, and says so", async () => {
  const alone = Promise.withResolvers<void>();
  await using server = new CountingServer({
    async answer(path) {
      await alone.promise; // until the run takes long enough for workers
      return new Response(path.slice(1));
    },
  });
  const args = ["--url", `${server.url}/`, "--trials", "300", "--workers", "2", "--json", "--verbose"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--allow-net", new URL("download.ts", ROOT).href, ...args],
    ...{ stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const listen = async () => {
    let said = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      if ((said += text).includes("this isolate downloads alone: workers need --allow-read=")) alone.resolve();
    }
  };
  const [result, { code }] = await Promise.all([new Response(child.stdout).json(), child.status, listen()]);
  assertEquals([code, result.done, result.failed], [0, 300, 0]);
});
