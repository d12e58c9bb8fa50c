import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hasTerminal, inTerminal } from "../../tasks/terminal.ts";
import { ctrlCInFlight } from "../helpers/ctrl_c.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "run", "env", "sys");
const testInTerminal = (name: string, fn: () => Promise<void>) =>
  hasTerminal ? test(name, fn) : test(`${name} (left out: needs Linux)`, () => {});

const race = (...args: string[]) => ["run", "-A", "--quiet", "tasks/race.ts", ...args];

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: race(...args) }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

test("race ends with a picture and a table of all five", async () => {
  const { code, stdout, stderr } = await run("--trials", "4", "--delay", "50ms");
  assertEquals(code, 0, stderr);
  const [picture, table] = stdout.trimEnd().split("\n\nstrategy ");
  for (const title of ["simple", "threaded", "async", "optimized", "download"]) {
    assertMatch(picture, new RegExp(`^${title} .*█`, "m"));
    assertMatch(table, new RegExp(`^${title} .* 4  +[\\d.]+ m?s `, "m"));
  }
  assert(!table.includes("memory"), "memory can't be told apart in one process");
  assertMatch(stderr, /^4 pages from a website that waits 50 ms before it answers$/m);
});

test("race --strategies lets only these take part, and --html writes a report", async () => {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  try {
    const flags = ["--trials=3", "--delay=20ms", "--strategies=optimized,simple", "--quiet", `--html=${file}`];
    const { code, stdout, stderr } = await run(...flags);
    assertEquals([code, stderr], [0, ""]);
    const rows = stdout.split("\n\nstrategy ")[1].split("\n").slice(2);
    assertEquals(rows.flatMap((row) => /^\w+/.exec(row) ?? []), ["simple", "optimized"]);
    const page = await Deno.readTextFile(file);
    assertStringIncludes(page, "at the same time</h1>");
    assert(!page.includes("CPU"));
  } finally {
    await Deno.remove(file);
  }
});

test("race refuses a strategy that doesn't exist in one line", async () => {
  const { code, stdout, stderr } = await run("--strategies=fast");
  assertEquals([code, stdout], [2, ""]);
  assertEquals(
    stderr,
    `race: invalid value "fast" for --strategies: expected some of simple, threaded, async, optimized, download, separated by commas\n`,
  );
});

testInTerminal("race shows a bar for each, and in the end how fast each was", async () => {
  const { code, frames } = await inTerminal([Deno.execPath(), ...race("--trials=6", "--delay=150ms")], { rows: 60 });
  assertEquals(code, 0);
  assert(frames.some(({ screen }) => screen.filter((line) => line.includes("in flight")).length >= 2), "several bars");
  const lines = frames.at(-1)?.screen ?? [];
  const first = lines.findIndex((line) => line.startsWith("simple "));
  assertMatch(lines[first], /^simple +█{8,40} {2}6 pages in [\d.]+ m?s$/);
  for (const [i, title] of ["threaded", "async", "optimized", "download"].entries()) {
    assertMatch(
      lines[first + 1 + i],
      new RegExp(`^${title} +█{8,40} {2}6 pages in [\\d.]+ m?s, [\\d.]+ times as fast as simple$`),
    );
  }
});

testInTerminal("race has the colours of the palette in a terminal, and none where NO_COLOR is set", async () => {
  const command = [Deno.execPath(), ...race("--trials=2", "--delay=300ms")];
  const [colored, plain] = await Promise.all([
    inTerminal(["env", "-u", "NO_COLOR", ...command], { rows: 60 }), // whatever this test runs with
    inTerminal(command, { rows: 60, env: { NO_COLOR: "1" } }),
  ]);
  /** How names look that stand alone: those of the bars, and those of the table. */
  const looksOf = ({ frames }: typeof colored) =>
    (frames.at(-1)?.runs.flat() ?? []).flatMap(({ text, color, bold }) => {
      const [, name] = /^(simple|threaded|async|optimized|download) *$/.exec(text) ?? [];
      const look = color ?? (bold && "bold");
      return name === undefined || look === undefined ? [] : [`${name} ${look}`];
    });
  assertEquals(plain.frames.at(-1)?.runs.flat().filter(({ color, bold }) => color !== undefined || bold), []);
  const looks = new Set(looksOf(colored));
  assertEquals(looksOf(colored).length, 10, "each beside its bar, and in the table");
  assertEquals(looks.size, 5, "one colour each");
  assertEquals(new Set([...looks].map((look) => look.split(" ")[1])).size, 5, "each has its own");
  assert(looks.has("download bold"), [...looks].join());
});

testInTerminal("race ends all five on Ctrl-C, and shows what they had done", async () => {
  const { code, frames } = await inTerminal([Deno.execPath(), ...race("--trials=1000", "--delay=100ms")], {
    rows: 60,
    type: ctrlCInFlight(),
  });
  const screen = frames.at(-1)?.screen.join("\n") ?? "";
  assertEquals(code, 130);
  assertMatch(screen, /^simple: interrupted after .* not started$/m);
  assertMatch(screen, /^simple .* of 1,000 /m);
});
