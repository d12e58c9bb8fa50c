/** What a command line can't mean is refused in one line, and nothing is begun, or written over; signals end a run. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { certificate } from "../helpers/certificate.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read", "write", "env");

const path = (script: string) => new URL(`../../${script}.ts`, import.meta.url).pathname;

async function ended(child: Deno.ChildProcess): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

function start(cwd: string, args: string[], command: string[] = []): Deno.ChildProcess {
  const [program, ...rest] = [...command, Deno.execPath(), "run", "-A", "--quiet", path("async"), ...args];
  return new Deno.Command(program, {
    ...{ args: rest, cwd, env: { NO_COLOR: "1" }, stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

const run = (folder: string, args: string) => ended(start(folder, args.split(" ")));

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const BROKEN = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/** Command lines that are refused, and what is said. Each has a list and files of earlier runs at hand. */
const MISTAKES: [args: string, message: RegExp][] = [
  [
    "--input list --timeout 5",
    /^async\.ts: invalid value "5" for --timeout: expected a unit: 5 is 5ms; did you mean 5s\?$/,
  ],
  ["--input list --idle-timeout 30", /^async\.ts: invalid value "30" for --idle-timeout: .* did you mean 30s\?$/],
  ["--input list --connect-timeout 999", /did you mean 999s\?$/],
  ["--input list --cacert list", /^async\.ts: --input and --cacert name the same file, list: each needs its own$/],
  ["--input list --cacert none.pem", /^async\.ts: --cacert none\.pem has no certificate in it: it takes PEM/],
  [
    "--input list --cacert broken.pem",
    /^async\.ts: --cacert broken\.pem has a certificate that can't be read: invalid peer/,
  ],
  ["--input list --report old --failed ./old", /^async\.ts: --report and --failed name the same file, \.\/old: /],
  ["--input list --report old --failed link", /^async\.ts: --report and --failed name the same file, link: /],
  ["--input list --report list", /^async\.ts: --input and --report name the same file, list: /],
  ["--input list --html link --report old", /^async\.ts: --report and --html name the same file, link: /],
  ["--input list --failed -", /^async\.ts: invalid value "-" for --failed: expected the name of a file/],
  ["--input list --report - --json", /^async\.ts: --report - and --json both write to standard output: name a file$/],
  ["--input empty --failed old", /^async\.ts: the list empty has no URL in it; what should have written it\?$/],
  ["--input comments", /^async\.ts: the list comments has no URL in it/],
  ["--input -", /^async\.ts: the list stdin has no URL in it/],
  ["--input array", /^async\.ts: the list array is a JSON array: make lines of it, by jq -rc '\.\[\]' for example$/],
  ["--input array.ndjson", /^async\.ts: the list array\.ndjson is a JSON array/],
  ["--input list.zst", /^async\.ts: the list list\.zst is packed by zstd: unpack it first, .*zstd -dc/],
  ["--input list.xz", /packed by xz/],
  ["--input list.bz2", /packed by bzip2/],
];

for (const [args, message] of MISTAKES) {
  test(`async.ts ${args} is refused in one line, with exit code 2, and leaves all files as they were`, () =>
    inFolder(async (folder) => {
      await using server = new CountingServer();
      const list = `${server.url}/1\n`;
      const files: Record<string, string | Uint8Array> = {
        ...{ list, old: '{"url":"http://127.0.0.1:9/"}\n', "none.pem": "# nothing\n", "broken.pem": BROKEN },
        ...{
          empty: "",
          comments: `# ${list}\n\n`,
          array: `\n[\n"${server.url}/1"\n]`,
          "array.ndjson": `[{"url":"a"}]`,
        },
        "list.zst": Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x24, 0, 0, 0),
        "list.xz": Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4),
        "list.bz2": new TextEncoder().encode("BZh91AY&SY"),
      };
      const bytes = (text: string | Uint8Array) => typeof text === "string" ? new TextEncoder().encode(text) : text;
      for (const [name, text] of Object.entries(files)) await Deno.writeFile(`${folder}/${name}`, bytes(text));
      await Deno.symlink("old", `${folder}/link`);
      const { code, stdout, stderr } = await run(folder, args);
      assertEquals([code, stdout, stderr.split("\n").length], [2, "", 2], stderr);
      assertMatch(stderr.trimEnd(), message);
      for (const [name, text] of Object.entries(files)) {
        assertEquals(await Deno.readFile(`${folder}/${name}`), bytes(text), name);
      }
      assertEquals([server.requests.size, [...Deno.readDirSync(folder)].length], [0, Object.keys(files).length + 1]);
    }));
}

test("--cacert takes what is a certificate", () =>
  inFolder(async (folder) => {
    const made = await certificate();
    if (!made) return;
    await using server = new CountingServer();
    await Deno.writeTextFile(`${folder}/ca.pem`, `# ours\n${made.cert}`);
    await Deno.writeTextFile(`${folder}/list`, `${server.url}/1`);
    assertEquals((await run(folder, "--input list --cacert ca.pem --timeout 5000")).code, 0);
  }));

test("--report - writes a line for every URL to standard output, and the result to standard error", () =>
  inFolder(async (folder) => {
    await using server = new CountingServer();
    await Deno.writeTextFile(`${folder}/list`, [1, 2, 3].map((n) => `${server.url}/${n}`).join("\n"));
    const { code, stdout, stderr } = await run(folder, "--input list --report - --quiet");
    const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(
      lines.map(({ result, url }) => [result, url]).sort(),
      [1, 2, 3].map((n) => ["done", `${server.url}/${n}`]),
    );
    assertMatch(stderr, /^read 3 URLs \(3 bytes\) in [\d.]+ m?s\n$/);
    assertEquals(code, 0);
  }));

test("--report - to a reader that has gone ends the run with exit code 3 and one line", () =>
  inFolder(async (folder) => {
    await using server = new CountingServer();
    await Deno.writeTextFile(`${folder}/list`, Array.from({ length: 500 }, (_, n) => `${server.url}/${n}`).join("\n"));
    const line = `"$0" run -A --quiet ${path("async")} --input list --report - --quiet | true; exit \${PIPESTATUS[0]}`;
    const shell = new Deno.Command("bash", {
      args: ["-c", line, Deno.execPath()],
      ...{ cwd: folder, env: { NO_COLOR: "1" }, stdin: "null", stdout: "piped", stderr: "piped" },
    });
    const { code, stderr } = await ended(shell.spawn());
    assertEquals(code, 3);
    assertMatch(stderr, /cannot write to standard output: Broken pipe/);
  }));

/** A run that has one request in flight. */
async function hanging(folder: string, command: string[], work: (child: Deno.ChildProcess) => Promise<void>) {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<Response>();
  await using server = new CountingServer({
    answer(path) {
      if (path !== "/1") return new Response(path);
      asked.resolve();
      return answered.promise;
    },
  });
  await Deno.writeTextFile(`${folder}/list`, `${server.url}/1\n`);
  const child = start(folder, ["--input", "list", "--json", "--quiet"], command);
  await asked.promise;
  await work(child);
  answered.resolve(new Response("1"));
}

for (const [signal, code] of [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const) {
  test(`${signal} ends a run with a summary and exit code ${code}; what is in flight is aborted`, () =>
    inFolder((folder) =>
      hanging(folder, [], async (child) => {
        child.kill(signal);
        const run = await ended(child);
        const { interrupted, failures } = JSON.parse(run.stdout);
        assertEquals([run.code, interrupted, failures[0].kind], [code, true, "aborted"]);
      })
    ));
}

test("SIGHUP doesn't end a run under nohup", () =>
  inFolder(async (folder) => {
    if (Deno.build.os !== "linux") return;
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<Response>();
    await using server = new CountingServer({
      answer() {
        asked.resolve();
        return answer.promise;
      },
    });
    await Deno.writeTextFile(`${folder}/list`, `${server.url}/1\n`);
    const child = start(folder, ["--input", "list", "--quiet"], ["nohup"]);
    await asked.promise;
    child.kill("SIGHUP");
    answer.resolve(new Response("1"));
    const { code, stdout, stderr } = await ended(child);
    assert(stdout.startsWith("read 1 URL (1 bytes)"), `${code} ${stdout} ${stderr}`);
    assertEquals(code, 0);
  }));
