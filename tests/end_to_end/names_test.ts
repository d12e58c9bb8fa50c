import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Outcome } from "../../lib/core/outcome.ts";
import { download } from "../../download.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";
import { testWith } from "../helpers/programs.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");

const SCRIPT = new URL("../../download.ts", import.meta.url).pathname;

async function run(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, ...args],
    cwd: folder,
    env: { NO_PROXY: "", http_proxy: "" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Every file below a folder, as a path in it. */
function filesIn(folder: string, path = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${path}`)].flatMap(({ name, isDirectory }) =>
    name === ".download-stuff" ? [] : isDirectory ? filesIn(folder, `${path}${name}/`) : [`${path}${name}`]
  ).sort();
}

const PARTS = ["index", "About-us", "news_2024", "img.01", "v1.2.3", "~user", "a+b", "x,y", "caf%C3%A9", "b%20c"];
const ENDINGS = [".html", ".tar.gz", "", ".jpg", "/"];

/** URLs as they are everywhere, the same ones every time. */
const ordinary = Array.from({ length: 1_000 }, (_, n) => {
  const depth = n % 4;
  const folders = Array.from({ length: depth }, (_, at) => PARTS[(n * 7 + at * 3) % PARTS.length]);
  return `http://host${n % 7}.example/${[...folders, `${n}-${PARTS[n % PARTS.length]}`].join("/")}${ENDINGS[n % 5]}`;
});

await testWith(
  [{ name: "wget", version: ["wget", "--version"], install: ["apt-get", "install", "wget"] }],
  "--name '{host}/{path}' gives 1,000 ordinary URLs the names that wget -x gives them",
  () =>
    inFolder(async (folder) => {
      await using proxy = new CountingServer({ answer: () => new Response("body") });
      Deno.writeTextFileSync(`${folder}/urls.txt`, ordinary.join("\n"));
      const wget = await new Deno.Command("wget", {
        args: ["-x", "-q", "-P", "wget", "-i", "urls.txt"],
        cwd: folder,
        env: { http_proxy: proxy.url, no_proxy: "", LC_ALL: "C.UTF-8" },
      }).output();
      assert(wget.success);
      const planned = await run(folder, "-i", "urls.txt", "-o", "ours", "--name", "{host}/{path}", "--dry-run");
      const names = planned.stdout.split("\n").map((line) => line.split(" -> ")[1]).sort();
      assertEquals(names.length, 1_000);
      assertEquals(names, filesIn(`${folder}/wget`));
    }),
);

test("--name gives the same names in every run, and with the list of what failed", () =>
  inFolder(async (folder) => {
    await using server = new CountingServer({
      answer: (path, nth) => new Response(path, { status: path === "/b" && nth === 1 ? 404 : 200 }),
    });
    const list = ["url,Label", ...["a", "b", "c"].map((path) => `${server.url}/${path},l${path}`)];
    Deno.writeTextFileSync(`${folder}/list.csv`, list.join("\n"));
    const args = ["-o", "files", "--name", "{Label}/{n:2}", "--failed", "failed.ndjson", "--quiet"];
    assertEquals((await run(folder, "-i", "list.csv", ...args)).code, 1);
    assertEquals(filesIn(`${folder}/files`), ["la/01", "lc/03"]);
    assertEquals((await run(folder, "-i", "failed.ndjson", ...args)).code, 0);
    assertEquals(filesIn(`${folder}/files`), ["la/01", "lb/02", "lc/03"]);
    const { stdout } = await run(folder, "-i", "list.csv", ...args);
    assertEquals(stdout.replace(/[\d.]+ m?s\b/, "0s"), "downloaded 0 of 3 files (0 bytes) in 0s, 3 were there already");
    assertEquals(server.counts(), [1, 2, 1]);
  }));

test("--name says what is wrong with a template, and needs files and columns", () =>
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/urls.txt`, "http://127.0.0.1:9/a\n");
    const said = async (...args: string[]) => {
      const { code, stderr } = await run(folder, ...args);
      return `${code} ${stderr}`;
    };
    const list = ["-i", "urls.txt", "--dry-run"];
    assertEquals(
      await said(...list, "-o", "x", "--name", "{host"),
      '2 download.ts: invalid value "{host" for --name: expected a template such as {host}/{path}; write {{ or }} for a brace',
    );
    assertEquals(await said(...list, "--name", "{host}"), "2 download.ts: --name is about files: name --output");
    assertEquals(
      await said(...list, "-o", "x", "--name", "{label}"),
      '2 download.ts: urls.txt has no column "label": it is a list of lines',
    );
    Deno.writeTextFileSync(`${folder}/a.ndjson`, '{"url":"http://127.0.0.1:9/a"}\n{"url":"http://a/","label":7}\n');
    assertEquals(
      await said("-i", "a.ndjson", "--dry-run", "-o", "x", "--name", "{label}"),
      "1 a.ndjson line 1 is skipped: it has no label, which its name needs",
    );
  }));

test("the option name names files in a program, too", () =>
  inFolder(async (output) => {
    await using server = new CountingServer();
    const outcomes: Outcome[] = [];
    const list = [`${server.url}/1`, { url: `${server.url}/2`, columns: { id: "b" } }];
    const report = (outcome: Outcome) => void outcomes.push(outcome);
    await download(list.slice(0, 1), report, { output, name: "{n}-{name}.txt" });
    assertEquals(filesIn(output), ["1-1.txt"]);
    await download(list.slice(1), report, { output, name: "{id}" });
    assertEquals(filesIn(output), ["1-1.txt", "b"]);
    await assertRejects(() => download(list, report, { output, name: "{id}" }), TypeError, "no column id");
    await assertRejects(() => download(list, report, { output, name: "x" }), TypeError, "Option name");
    await assertRejects(() => download(list, report, { name: "{n}" }), TypeError, "output");
  }));
