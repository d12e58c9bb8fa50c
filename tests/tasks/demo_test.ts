import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hasTerminal, inTerminal } from "../../tasks/terminal.ts";
import { ctrlCInFlight } from "../helpers/ctrl_c.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");
const demo = (...args: string[]) => ["run", "-A", "--quiet", "tasks/demo.ts", ...args];
const NO_REPORT = "--no-html";

/** Runs the demonstration to its end: that of everything it started, since all write to the same pipes. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: demo(...args) }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

test("demo prints one table on standard output and all else on standard error", async () => {
  const { code, stdout, stderr } = await run("--trials", "3", "--delay", "10ms", NO_REPORT);
  assertEquals(code, 0, stderr);
  const [head, , ...rows] = stdout.trimEnd().split("\n");
  assertMatch(head, /^strategy +idea .* peak$/);
  assertEquals(rows.map((row) => row.split(" ", 1)[0]), ["simple", "threaded", "async", "optimized", "download"]);
  for (const row of rows) assertMatch(row, / 3  +[\d.]+ m?s  +[\d.,]+  +[\d.]+  +[1-3]  +\d+ MB$/);
  assertEquals(stderr.match(/computed value 3 for 3 trials/g)?.length, 5);
});

test("demo --skip leaves strategies out, and with simple what they would be compared to", async () => {
  const { code, stdout } = await run(
    NO_REPORT,
    "--trials=2",
    "--delay=0",
    "--skip=simple,threaded",
    "--skip=async,download",
  );
  assertEquals(code, 0);
  const [, , ...rows] = stdout.trimEnd().split("\n");
  assertEquals(rows.length, 1);
  assertMatch(rows[0], /^optimized .* 2  +[\d.]+ m?s  +[\d.,]+  +-  +[12]  +\d+ MB$/);
});

test("demo --quiet says nothing on standard error", async () => {
  const { stderr } = await run("--trials=1", "--delay=0", "--quiet", "--skip=simple,threaded", NO_REPORT);
  assertEquals(stderr, "");
});

test("demo writes a report and says where", async () => {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  try {
    const { code, stderr } = await run("--trials=2", "--delay=10ms", "--skip=threaded", "--html", file);
    const page = await Deno.readTextFile(file);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, `report: ${file}`);
    assertStringIncludes(page, "<h1>Five ways to download from a slow website</h1>");
    assertStringIncludes(page, "deno task demo --trials=2 --delay=10ms");
    assertStringIncludes(page, "waits 10 ms before it answers");
    assertEquals(page.match(/<svg class="anatomy"/g)?.length, 4, "what each is made of");
    assertEquals(page.match(/<svg class="plot"/g)?.length, 4 + 4, "a lane and a strip for each");
    assertStringIncludes(page, "<dt>connection</dt>", "the website has counted them");
  } finally {
    await Deno.remove(file);
  }
});

for (
  const [args, why] of [
    [
      ["--skip", "fast"],
      `demo: invalid value "fast" for --skip: expected some of simple, threaded, async, optimized, download`,
    ],
    [["--skip", "simple,threaded,async,optimized,download"], "demo: --skip leaves no strategy to run"],
    [
      ["--html", "no/such/folder/a.html"],
      "can't write the report no/such/folder/a.html: there is no folder no/such/folder",
    ],
    [["--trails", "3"], "demo: unknown flag --trails; did you mean --trials?"],
  ] as const
) {
  test(`demo ${args.join(" ")} is refused in one line`, async () => {
    const { code, stdout, stderr } = await run(...args);
    assertEquals(code, 2);
    assertEquals(stdout, "");
    assertStringIncludes(stderr, why);
    assertEquals(stderr.trimEnd().split("\n").length, 1);
  });
}

test("demo ends what it has started on a signal, and shows what was done by then", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: demo("--trials=100000", "--delay=10ms", "--skip=threaded", NO_REPORT),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Response(child.stdout).text();
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    // The script is only being started then: it must be ended as well when it has hardly begun.
    if (text.includes("simple: 100,000 pages")) child.kill("SIGINT");
  }
  assertEquals((await child.status).code, 130, said);
  assert(!said.includes("async: "), said);
  await output;
});

(hasTerminal ? test : Deno.test.ignore)("demo ends on Ctrl-C in a terminal with its table", async () => {
  const { code, frames } = await inTerminal([Deno.execPath(), ...demo("--trials=100000", "--delay=10ms", NO_REPORT)], {
    columns: 100,
    type: ctrlCInFlight(),
  });
  const screen = frames.at(-1)?.screen.join("\n") ?? "";
  assertEquals(code, 130);
  assertMatch(screen, /^simple .* of 100,000 /m);
  assertMatch(screen, /interrupted after .* not started/);
});
