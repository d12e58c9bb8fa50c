/** Each row of docs/permissions.md is run: with its permissions it works, and without any one of them it says which. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NATS, versionOf } from "../../bench/programs.ts";
import { hasTerminal, inTerminal } from "../../tasks/terminal.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { startNats } from "../helpers/nats_server.ts";
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
    await Deno.writeTextFile(`${folder}/scenarios.json`, '{"bad":{"failure_rate":0.5}}');
    await Deno.mkdir(`${folder}/lines`);
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A permission, for this project where it is. */
const withFolder = (permission: string) => permission.replace("PROJECT", decodeURIComponent(ROOT.pathname));

/** Where a command is run, and what it reaches from there. */
interface Place {
  url: string;
  /** A broker. Default: none, for commands that name none. */
  broker?: string;
  cwd: string;
}

/** Runs a command; a server is asked to end as soon as it listens. Each run at the broker has a name of its own. */
async function run(command: string, permissions: string[], { url, broker, cwd }: Place) {
  const [script, ...args] = command.replace(/(--url|--upstream) URL/, `$1 ${url}/`).replace("URL", `${url}/1`)
    .replace("BROKER", `${broker} --run ${crypto.randomUUID()}`).split(" ");
  const allowed = permissions.map(withFolder);
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
  await using nats = await versionOf(NATS) === undefined ? undefined : await startNats();
  const [url, broker] = [server.url, nats?.url];
  const all = rows();
  for (const script of ["simple", "threaded", "async", "optimized", "download", "server"]) {
    assert(all.some(({ command }) => command.startsWith(`${script}.ts `)), script);
  }
  for (const { command, permissions } of all) {
    const ignore = command.includes("BROKER") && broker === undefined; // which takes nats-server
    const step = (name: string, work: (cwd: string) => Promise<void>) =>
      t.step({ name, ignore, fn: () => inFolder(url, work) });
    await step(`${command}: ${permissions.join(" ")}`, async (cwd) => {
      const { code, stdout, stderr } = await run(command, permissions, { url, broker, cwd });
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /^(read|computed|downloaded|listening|run) /);
      if (command.includes("-o files")) assertEquals(Deno.readTextFileSync(`${cwd}/files/2`), "2");
    });
    for (const missing of permissions) {
      const flag = missing.replace(/=.*/, "");
      await step(`${command} without ${flag}`, async (cwd) => {
        const others = permissions.filter((each) => each !== missing);
        const { code, stderr } = await run(command, others, { url, broker, cwd });
        assert(code !== 0, `it works without ${flag}`);
        assertStringIncludes(stderr, flag);
        assert(!/\n {4}at /.test(stderr), stderr);
      });
    }
  }
});

(hasTerminal ? test : Deno.test.ignore)("in a terminal, where progress is drawn, it is the same", async () => {
  await using server = new CountingServer();
  for (const { command, permissions } of rows().filter(({ command }) => command.endsWith(".ts URL"))) {
    const args = [new URL(command.replace(" URL", ""), ROOT).href, `${server.url}/1`];
    const { code, frames } = await inTerminal(
      [Deno.execPath(), "run", "--no-prompt", "--quiet", ...permissions.map(withFolder), ...args],
      { env: { TERM: "xterm" } },
    );
    assertEquals(code, 0, frames.at(-1)?.screen.join("\n"));
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
