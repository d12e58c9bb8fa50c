/** The npm package is made, installed from its tarball where nothing else is, and used as people use it. */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { dependenciesOf, forNode, manifest, missingModules } from "../../tasks/npm/manifest.ts";
import { NATS, versionOf } from "../../bench/programs.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { decode, hasNpm, install, output } from "../helpers/npm_package.ts";
import { startNats } from "../helpers/nats_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { TraceCollector } from "../helpers/trace_collector.ts";

const test = await testNeeding("net", "run", "read", "write", "env", "sys");

const name = "The npm package downloads, serves and ends as the scripts do, where nothing else is installed";
const body = async (t: Deno.TestContext) => {
  const folder = await Deno.makeTempDir();
  try {
    const { command, modules, env } = await install(folder);
    await t.step("prints its version", async () => {
      const { code, stdout, stderr } = await output(command, ["--version"], { env });
      assertEquals([code, stderr], [0, ""]);
      assertEquals(stdout, `download-stuff ${config.version} (deno ${Deno.version.deno}, ${Deno.build.target})\n`);
    });
    await t.step("downloads a list that is a file, and one from standard input", async () => {
      await using server = new CountingServer();
      await Deno.writeTextFile(`${folder}/urls.txt`, `${server.url}/1\n${server.url}/22\n`);
      const run = await output(command, ["urls.txt", "-o", "files"], { env, cwd: folder });
      assertEquals([run.code, run.stdout.replace(/ in .*/, "")], [0, "downloaded 2 files (3 bytes)\n"], run.stderr);
      assertEquals(Deno.readTextFileSync(`${folder}/files/22`), "22");
      const child = new Deno.Command(command, {
        args: ["-", "--report", "-", "--quiet"],
        ...{ env, stdin: "piped", stdout: "piped", stderr: "piped" } as const,
      }).spawn();
      await ReadableStream.from([`${server.url}/333\n`]).pipeThrough(new TextEncoderStream()).pipeTo(child.stdin);
      const { code, stdout } = await child.output();
      assertEquals([code, JSON.parse(decode(stdout)).bytes], [0, 3]);
    });
    await t.step("exits as the scripts do, and says why", async () => {
      await using server = new CountingServer({ answer: () => new Response("", { status: 404 }) });
      const codes = async (...args: string[]) => (await output(command, args, { env })).code;
      assertEquals(await codes(`${server.url}/1`, "--quiet"), 1);
      assertEquals(await codes("--nonsense"), 2);
      assertEquals(await codes(`${server.url}/1`, "-o", "/dev/null/x"), 3);
      assertEquals(await codes("server", "--nonsense"), 2);
    });
    await signals(t, command, env);
    await sharing(t, command, { env, folder });
    await t.step("starts the slow website, by its word and for a run without one", async () => {
      const run = await output(command, ["--trials", "1", "--json"], { env });
      assertEquals([run.code, JSON.parse(run.stdout).done], [0, 1], run.stderr);
      const child = new Deno.Command(command, {
        args: ["server", "--port", "0", "--delay", "0"],
        ...{ env, stdout: "piped", stderr: "null" } as const,
      }).spawn();
      const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      let said = "";
      while (!/docs at \S+\n/.test(said)) said += (await stdout.read()).value ?? "\ndocs at nothing\n";
      const [, url] = /listening on (\S+)/.exec(said) ?? [];
      assertEquals(await (await fetch(`${url}7`)).text(), "7");
      assertStringIncludes(await (await fetch(`${url}openapi.json`)).text(), '"openapi"');
      const docs = await (await fetch(`${url}docs`)).text();
      for (const [, path] of docs.matchAll(/(?:src|href)="([^":]+\.(?:js|css))"/g)) {
        const asset = await fetch(new URL(path, `${url}docs`));
        assert(asset.ok && (await asset.text()).length > 10_000, path);
      }
      child.kill("SIGTERM");
      await stdout.cancel();
      assertEquals((await child.status).code, 0);
    });
    await t.step("is imported by Deno with its types, and says to Node what it needs", async () => {
      await Deno.mkdir(`${folder}/app`);
      await Deno.symlink(modules, `${folder}/app/node_modules`);
      await Deno.writeTextFile(`${folder}/app/package.json`, '{"dependencies":{"download-stuff":"*"}}');
      await using server = new CountingServer();
      const program = `import { download } from "download-stuff";
        let bytes = 0;
        await download(["${server.url}/4444"], (outcome) => { if (outcome.result === "done") bytes += outcome.bytes; });
        console.log(bytes);`;
      await Deno.writeTextFile(`${folder}/app/main.ts`, program);
      const site = `import { createSite } from "download-stuff/site";
        import { serve } from "download-stuff/serve";
        using site = createSite({ behaviour: { delay: 0, failFirst: 1 } });
        await using server = serve(site.app.fetch, { hostname: "127.0.0.1", port: 0 });
        for (const _ of "ab") console.log((await fetch(server.url + "5").then((r) => (r.body?.cancel(), r))).status);`;
      await Deno.writeTextFile(`${folder}/app/site.ts`, site);
      const options = { env, cwd: `${folder}/app` };
      const deno = ["run", "-A", "--quiet", "--check", "--node-modules-dir=manual", "main.ts"];
      const run = await output(Deno.execPath(), deno, options);
      assertEquals([run.code, run.stdout], [0, "4\n"], run.stderr);
      const served = await output(Deno.execPath(), [...deno.slice(0, -1), "site.ts"], options);
      assertEquals([served.code, served.stdout], [0, "503\n200\n"], served.stderr);
      await Deno.writeTextFile(
        `${folder}/app/wrong.ts`,
        program.replace("bytes += outcome.bytes", "bytes += outcome.byte"),
      );
      const wrong = await output(Deno.execPath(), ["check", "--node-modules-dir=manual", "wrong.ts"], options);
      assertStringIncludes(wrong.stderr, "Property 'byte' does not exist");
      const node = await output("node", ["--input-type=module", "-e", 'import "download-stuff"'], options);
      assertStringIncludes(node.stderr, "download-stuff can't be imported by Node: it needs Deno's");
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};
if (await hasNpm()) test(name, body);
else Deno.test({ name: `${name} (left out: needs npm and its registry)`, ignore: true, fn: body });

/** What is loaded only where it is asked for, and takes packages of its own. */
async function sharing(
  t: Deno.TestContext,
  command: string,
  { env, folder }: { env: Record<string, string>; folder: string },
): Promise<void> {
  await t.step("sends spans, and serves metrics", async () => {
    await using server = new CountingServer();
    await using collector = new TraceCollector();
    const args = [`${server.url}/1`, "--metrics-port", "0", "--metrics-linger", "0"];
    const { code, stderr } = await output(command, args, { env: { ...env, ...collector.env } });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "metrics: http://127.0.0.1:");
    assertEquals(["run", "download", "GET"].map((name) => collector.named(name).length), [1, 1, 1]);
  });
  const hasBroker = await versionOf(NATS) !== undefined;
  await t.step({
    name: `shares a run with other machines${hasBroker ? "" : " (left out: needs nats-server)"}`,
    ignore: !hasBroker,
    async fn() {
      await using server = new CountingServer();
      await using nats = await startNats();
      await Deno.writeTextFile(`${folder}/shared.txt`, `${server.url}/1\n${server.url}/22\n`);
      const args = ["shared.txt", "-o", "shared", "--queue", nats.url, "--quiet"];
      const { code, stderr } = await output(command, args, { env, cwd: folder });
      assertEquals(code, 0, stderr);
      assertEquals(Deno.readTextFileSync(`${folder}/shared/22`), "22");
      const status = await output(command, ["--queue", nats.url, "--status", "--json"], { env });
      assertEquals([status.code, JSON.parse(status.stdout).run], [0, "default"], status.stderr);
    },
  });
}

/** The number of the one process that a process has started. */
async function onlyChildOf(pid: number): Promise<number> {
  const children = (await output("pgrep", ["-P", String(pid)])).stdout.trim().split("\n").map(Number);
  assert(children.length === 1 && children[0] > 1);
  return children[0];
}

/** Signals to the command, which Node receives, and to all of its processes, as a terminal sends them. */
async function signals(t: Deno.TestContext, command: string, env: Record<string, string>): Promise<void> {
  const ways: [Deno.Signal, number, boolean][] = [["SIGINT", 130, false], ["SIGTERM", 143, false], [
    "SIGINT",
    130,
    true,
  ]];
  for (const [signal, code, isForAll] of ways) {
    if (isForAll && Deno.build.os === "windows") continue; // which has no pgrep
    await t.step(`ends in good order by ${signal}${isForAll ? " to all of its processes" : ""}`, async () => {
      const asked = Promise.withResolvers<void>();
      await using server = new CountingServer({
        answer() {
          asked.resolve();
          return new Promise(() => {});
        },
      });
      const child = new Deno.Command(command, {
        args: [`${server.url}/1`, "--json", "--quiet"],
        ...{ env, stdout: "piped", stderr: "null" } as const,
      }).spawn();
      await asked.promise;
      if (isForAll) Deno.kill(await onlyChildOf(child.pid), signal);
      child.kill(signal);
      const run = await child.output();
      const { interrupted, notStarted, failed } = JSON.parse(decode(run.stdout));
      assertEquals([run.code, interrupted, notStarted + failed], [code, true, 1]);
    });
  }
}

Deno.test("forNode() names modules of the package, and refuses to leave a name that isn't", () => {
  const imports = { "@std/csv/parse": "npm:deno-std@1.4.0/csv/parse.js", "filenamify": "npm:filenamify@7.0.3/browser" };
  const of = (text: string) => forNode(text, "lib/a/b.js", imports);
  assertEquals(of('await import("@std/csv/parse")'), 'await import("deno-std/csv/parse.js")');
  assertEquals(of('import f from "filenamify";'), 'import f from "filenamify/browser";');
  assertEquals(of('new URL("../c.ts", import.meta.url)'), 'new URL("../c.js", import.meta.url)');
  assertEquals(of('f(import.meta.resolve("./c.ts"))'), 'f(import.meta.resolve("./c.js"))');
  assertEquals(of('import c from "../../deno.json"'), 'import c from "../../package.json"');
  assertEquals(of('import x from "swagger-ui-dist/a.css"'), 'import x from "../../vendor/swagger-ui-dist/a.css"');
  assertEquals(of('// as in import "./x.ts"\n'), '// as in import "./x.ts"\n');
  for (const left of ['import "./x.ts"', 'import "@std/new"', 'import("npm:x@1")', 'import.meta.resolve(\n"./x.ts")']) {
    assertThrows(() => of(left), Error, "lib/a/b.js names a module that isn't in the package");
  }
});

Deno.test("missingModules() are those that the package doesn't have, however they are named", () => {
  const text =
    'import "./a.js";\n// import "./comment.js"\nawait import("../c.js"); resolve("./b.js"); new URL("./d.js", x)';
  assertEquals(missingModules(text, "lib/x/y.js", (path) => path === "lib/x/a.js"), [
    ...["lib/c.js", "lib/x/b.js", "lib/x/d.js"],
  ]);
});

Deno.test("dependenciesOf() finds every package that modules import, in the version of deno.json", () => {
  const imports = { a: "npm:a@1.2.3", "@x/b": "npm:@x/b@4.5.6/y", c: "npm:/c@7.8.9/", unused: "npm:unused@1.0.0" };
  const modules = [
    'import a from "a";\nimport "./own.js"',
    'const b = await import("@x/b/y.js")',
    'export * from "c/d";',
  ];
  assertEquals(dependenciesOf(modules, imports), { "@x/b": "4.5.6", a: "1.2.3", c: "7.8.9" });
  assertEquals(dependenciesOf(['// import "z"\nimport "node:os"'], imports), {});
  assertThrows(() => dependenciesOf(['import "z"'], imports), Error, "doesn't say which version of z is imported");
});

Deno.test("manifest() has the name without its scope, and for Node what says what it needs", () => {
  const { name, version, bin, exports, dependencies } = manifest(config, {
    dependencies: { a: "1.0.0" },
    deno: "2.9.6",
  });
  assertEquals([name, version, bin], ["download-stuff", config.version, { "download-stuff": "npm/bin.cjs" }]);
  assertEquals(dependencies, { a: "1.0.0", deno: "2.9.6" });
  assertEquals((exports as Record<string, unknown>)["."], {
    types: "./download.d.ts",
    deno: "./download.js",
    default: "./npm/node.mjs",
  });
});
