/** What `download.ts --queue` says of the whole run, on whichever machine, during the run and afterwards. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { hasTerminal, inTerminal } from "../../tasks/terminal.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";
import { serveSite } from "../helpers/serve_site.ts";

const SCRIPT = new URL("../../download.ts", import.meta.url).pathname;

const command = (...args: string[]) => [Deno.execPath(), "run", "-A", "--quiet", SCRIPT, ...args];

/** Starts download.ts: what it says, and its exit code when it has ended. */
function start(args: string[], env: Record<string, string> = {}) {
  const [program, ...rest] = command(...args);
  const child = new Deno.Command(program, { args: rest, env, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  const said = { stdout: "", stderr: "" };
  const listen = async (stream: "stdout" | "stderr") => {
    for await (const text of child[stream].pipeThrough(new TextDecoderStream())) said[stream] += text;
  };
  const ended = Promise.all([child.status, listen("stdout"), listen("stderr")]).then(([{ code }]) => ({
    code,
    ...said,
  }));
  return { said, ended, kill: (signal: Deno.Signal) => child.kill(signal) };
}

/** Waits until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(10);
}

/** A website that answers so many requests at once, and the others when it is told to. */
function gatedSite(most: number) {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    if (++requests > most) await opened;
    return new Response(new URL(url).pathname.slice(1));
  });
  return {
    urls: (count: number) => Array.from({ length: count }, (_, page) => `http://127.0.0.1:${server.addr.port}/${page}`),
    open,
    /** Whether it has answered all that it answers, and others wait. */
    get isFull() {
      return requests > most;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const run = (...args: string[]) => start(args).ended;

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const lines = (path: string) => Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));

await testWithBroker(
  "every machine of a run writes its report, list of failures and JSON of the whole run",
  () =>
    inFolder(async (folder) => {
      await using nats = await startNats();
      await using site = serveSite({ behaviour: { delay: 20 } });
      const { port } = new URL(site.url);
      const url = (page: number) => `http://me:secret@127.0.0.1:${port}/${page}`;
      const urls = Array.from({ length: 40 }, (_, page) => page % 10 === 3 ? `${url(page)}?status=404` : url(page));
      await Deno.writeTextFile(`${folder}/urls.txt`, [...urls, urls[0]].join("\n"));
      const files = (name: string) => ["--report", `${folder}/${name}.ndjson`, "--failed", `${folder}/${name}.failed`];
      const shared = ["--queue", nats.url, "--quiet", "--json"];
      const one = start([
        ...[...shared, "--input", `${folder}/urls.txt`, "--output", `${folder}/one`, "--partitions", "4"],
        ...files("one"),
      ]);
      const first = await one.ended;
      const other = await run(
        ...["--queue", nats.url, "--json", "--output", `${folder}/other`],
        ...files("other"),
      );
      assertStringIncludes(
        other.stderr,
        `what failed is in ${folder}/other.failed; to get it, make it the list of another run: --input ${folder}/other.failed`,
      );
      assertEquals(first.stderr.includes("what failed is in"), false, "it was to be quiet");
      for (const [name, { code, stdout, stderr }] of Object.entries({ one: first, other })) {
        assertEquals(code, 1, stderr);
        const { asked, done, skipped, failed, duplicates, notStarted, failures, totalMs } = JSON.parse(stdout);
        assertEquals({ asked, done, skipped, failed, duplicates, notStarted }, {
          ...{ asked: 41, done: 36, skipped: 1, failed: 4, duplicates: 1, notStarted: 0 },
        });
        assertEquals([failures[0].kind, failures[0].count, totalMs.p50 >= 20], ["status", 4, true]);
        const report = lines(`${folder}/${name}.ndjson`);
        assertEquals(report.length, 41);
        assertEquals(report.filter(({ result }) => result === "failed").length, 4);
        assertEquals(report.some(({ url }) => url.includes("secret")), false);
        const places = new Set(report.map(({ host, folder }) => `${host} ${folder}`));
        assertEquals(places, new Set([`${Deno.hostname()} ${folder}/one`]));
        const left = lines(`${folder}/${name}.failed`);
        assertEquals(left.map(({ url }) => url).sort(), urls.filter((url) => url.endsWith("404")).sort());
        assert(left.every(({ why }) => why.includes("404")));
      }
      assertEquals(site.stats.report().requests, 40);
    }),
);

await testWithBroker(
  "--status says how a run stands while it goes on and afterwards, and --watch until it has ended",
  () =>
    inFolder(async (folder) => {
      await using nats = await startNats();
      await using site = gatedSite(10);
      await Deno.writeTextFile(`${folder}/urls.txt`, site.urls(100).join("\n"));
      const machine = start([
        ...["--queue", nats.url, "--run", "pages", "--input", `${folder}/urls.txt`, "--quiet"],
        ...["--partitions", "3", "--per-host", "2"],
      ]);
      await until(() => site.isFull);
      const status = ["--queue", nats.url, "--status"];
      const going = await run(...status);
      assertEquals(going.code, 0, going.stderr);
      assertMatch(going.stdout, /^run pages {2}going on {2}\d+ of 100 \(\d+%\)\n/);
      assertMatch(going.stdout, /\n1 machine {2}3 partitions/);
      assertStringIncludes(going.stdout, `\n  ${Deno.hostname().slice(0, 15)}`);
      const watching = start([...status, "--watch", "--json"]);
      await until(() => watching.said.stdout.includes("\n"));
      site.open();
      assertEquals((await machine.ended).code, 0);
      const watched = (await watching.ended).stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
      assertEquals([watched[0].isFinished, watched.at(-1)?.isFinished], [false, true]);
      const after = await run(...status, "--run", "pages", "--json", "--report", `${folder}/all.ndjson`);
      assertEquals(after.code, 0, after.stderr);
      const { found, done, isFinished, machines, stalled } = JSON.parse(after.stdout);
      assertEquals({ found, done, isFinished, machines, stalled }, {
        ...{ found: 100, done: 100, isFinished: true, machines: [], stalled: [] },
      });
      assertEquals(lines(`${folder}/all.ndjson`).length, 100);
      assertMatch((await run(...status)).stdout, /^run pages {2}finished {2}100 of 100 \(100%\)\n/);
    }),
);

await testWithBroker("without a run or a broker, one line says what to do", async () => {
  const nats = await startNats();
  const { url } = nats;
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await run("--queue", url, ...args);
    assertEquals([stdout, stderr.trimEnd().split("\n").length], ["", 1], stderr);
    return `${code} ${stderr.trimEnd().replaceAll(url, "BROKER")}`;
  };
  try {
    assertEquals(await said("--status"), "1 download.ts: There is no run on BROKER: give it an --input first");
    assertEquals(
      await said("--status", "--quiet", "--run", "x"),
      "1 download.ts: There is no run x on BROKER: give it an --input first",
    );
    assertEquals(await said("--watch"), "2 download.ts: --watch goes with --status: it prints that again and again");
    assertEquals(
      await said("--status", "--input", "urls.txt"),
      "2 download.ts: --status only looks at a run: leave the list out",
    );
    assertEquals(
      await said("--status", "--output", "files"),
      "2 download.ts: --status only looks at a run: leave --output out",
    );
  } finally {
    await nats[Symbol.asyncDispose]();
  }
  assertMatch(
    await said("--status"),
    /^1 download.ts: Connecting to the broker BROKER failed: .*is nats-server running there, with -js\?$/,
  );
});

await testWithBroker("several runs are named, for who has to choose one of them", () =>
  inFolder(async (folder) => {
    await using nats = await startNats();
    await using site = serveSite();
    for (const name of ["a", "b"]) {
      const args = ["--queue", nats.url, "--run", name, "--partitions", "1", "--quiet", `${site.url}1`];
      assertEquals((await run(...args)).code, 0);
    }
    const { stderr } = await run("--queue", nats.url, "--status");
    assertStringIncludes(stderr, "name one of them with --run: a, b");
    const unknown = await run("--queue", nats.url, "--status", "--run", "c");
    assertStringIncludes(unknown.stderr, "There is no run c on ");
    assertStringIncludes(unknown.stderr, "but a, b: name it with --run");
    assertEquals((await run("--queue", nats.url, "--status", "--run", "b", "--report", `${folder}/b`)).code, 0);
  }));

if (hasTerminal) {
  await testWithBroker(
    "--status --watch keeps to a terminal of 40 columns, and leaves the last state standing",
    () =>
      inFolder(async (folder) => {
        await using nats = await startNats();
        await using site = gatedSite(4);
        await Deno.writeTextFile(`${folder}/urls.txt`, site.urls(60).join("\n"));
        const machine = start(["--queue", nats.url, "--input", `${folder}/urls.txt`, "--quiet", "--per-host", "2"]);
        await until(() => site.isFull);
        const { code, frames } = await inTerminal(command("--queue", nats.url, "--status", "--watch"), {
          columns: 40,
          type(screen) {
            if (screen.some((line) => line.includes("going on"))) site.open();
            return undefined;
          },
        });
        assertEquals([code, (await machine.ended).code], [0, 0]);
        const screens = frames.map(({ screen }) => screen.filter((line) => line !== ""));
        assert(screens.some((screen) => screen.some((line) => line.includes("going on"))));
        for (const screen of screens) {
          assert(screen.filter((line) => line.startsWith("run ")).length <= 1, screen.join("\n"));
        }
        assertStringIncludes(screens.at(-1)?.join("\n") ?? "", "finished");
      }),
  );
}

await testWithBroker(
  "with --queue local, two terminals share a run, and Ctrl-C in both loses nothing",
  () =>
    inFolder(async (folder) => {
      await using site = gatedSite(4);
      await Deno.writeTextFile(`${folder}/urls.txt`, site.urls(80).join("\n"));
      const env = { XDG_STATE_HOME: `${folder}/state` };
      const list = ["--input", `${folder}/urls.txt`, "--partitions", "2", "--per-host", "2"];
      const first = start(["--queue", "local", "--output", `${folder}/files`, ...list], env);
      await until(() => site.isFull);
      assertStringIncludes(first.said.stderr, "started nats-server on 127.0.0.1:");
      assertStringIncludes(first.said.stderr, `its data is in ${folder}/state/download-queue`);
      const second = start(["--queue", "local", "--output", `${folder}/more`], env);
      await until(() => second.said.stderr.includes("joined the broker on 127.0.0.1:"));
      first.kill("SIGINT");
      assertEquals((await first.ended).code, 130, first.said.stderr);
      second.kill("SIGINT");
      assertEquals((await second.ended).code, 130, second.said.stderr);
      const { port } = JSON.parse(await Deno.readTextFile(`${folder}/state/download-queue/broker.json`));
      assertEquals(await Deno.connect({ port }).then(() => "listens", () => "ended"), "ended");
      site.open();
      const again = await start(["--queue", "local", "--output", `${folder}/files`, ...list, "--json", "--quiet"], env)
        .ended;
      assertEquals(again.code, 0, again.stderr);
      assertEquals(JSON.parse(again.stdout).done, 80);
    }),
);
