import { assert, assertEquals, assertMatch } from "@std/assert";
import { Meter } from "../../lib/core/meter.ts";
import { progressFacts, showProgress } from "../../lib/report/progress.ts";
import { hasTerminal, inTerminal } from "../../tasks/terminal.ts";
import { ctrlCInFlight } from "../helpers/ctrl_c.ts";
import { CountingServer } from "../helpers/counting_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read", "run", "env", "sys");
const testInTerminal = (name: string, fn: () => Promise<void>) =>
  hasTerminal ? test(name, fn) : test(`${name} (left out: needs Linux)`, () => {});

/** Slow enough that a bar is drawn a few times. */
const slowly = async (path: string) => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return new Response(path.slice(1));
};

const script = (name: string, ...args: string[]) => [Deno.execPath(), "run", "-A", "--quiet", `${name}.ts`, ...args];
const simple = (...args: string[]) => script("simple", ...args);

for (const columns of [20, 80, 200]) {
  testInTerminal(`progress keeps to its line in a terminal of ${columns} columns, and is gone in the end`, async () => {
    await using server = new CountingServer({ answer: slowly });
    const { code, frames } = await inTerminal(simple("--url", server.url, "--trials", "4"), { columns });
    const bars = frames.filter(({ screen }) => screen.some((line) => line.includes("%")));
    assert(bars.length >= 2, `drawn ${bars.length} times`);
    for (const { screen } of bars) assertEquals(screen.length, 1, screen.join("\n"));
    assertEquals(frames.at(-1)?.screen.join("").replace(/[\d.]+s$/, "…"), "computed value 6 for 4 trials in …");
    assertEquals(code, 0);
  });
}

testInTerminal("progress leaves nothing behind in a terminal after Ctrl-C", async () => {
  await using server = new CountingServer({ answer: () => new Promise(() => {}) });
  const { code, frames } = await inTerminal(simple("--url", server.url, "--trials", "1000"), {
    columns: 60,
    type: ctrlCInFlight(),
  });
  const last = frames.at(-1)?.screen ?? [];
  assertEquals(code, 130);
  assertEquals(last.filter((line) => /%|in flight/.test(line)), [], last.join("\n"));
  assert(last.some((line) => line.startsWith("computed value")), last.join("\n"));
});

testInTerminal("--quiet shows no progress in a terminal", async () => {
  await using server = new CountingServer({ answer: slowly });
  const { frames } = await inTerminal(simple("--url", server.url, "--trials", "3", "--quiet"));
  assert(frames.every(({ screen }) => screen.length <= 1 && !screen.join("").includes("%")));
});

Deno.test("progress in a log is a plain line now and then, until disposed of", async () => {
  const meter = Object.assign(new Meter(), { started: 12, done: 9, failed: 1, inFlight: 2 });
  const lines: string[] = [];
  await new Promise<void>((second) => {
    const progress = showProgress(meter, { asked: 100, terminal: false, intervalMs: 1, say });
    function say(line: string) {
      lines.push(line.replace(/\d+[sm][^,]* left, [\d.,]+\/s/, "SPEED"));
      if (lines.length < 2) return;
      progress[Symbol.dispose]();
      second();
    }
  });
  assertEquals(lines, ["10%, 9/100, SPEED, 2 in flight, 1 failed", "10%, 9/100, SPEED, 2 in flight, 1 failed"]);
});

test("a pipe that closes early doesn't end a run, nor change its exit code", async () => {
  await using server = new CountingServer({ answer: slowly });
  const run = simple("--url", server.url, "--trials", "2").join(" ");
  const { stdout } = await new Deno.Command("bash", {
    args: ["-c", `{ ${run} 2>&1; echo $? >&3; } 3>&1 1> >(exec true)`],
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "0\n");
});

for (const columns of [40, 80]) {
  testInTerminal(
    `a large file of a list shows in ${columns} columns how far it is, and how fast it comes`,
    async () => {
      const [pieces, piece] = [80, new Uint8Array(100_000)];
      await using server = new CountingServer({
        answer() {
          const body = new ReadableStream({
            async start(controller) {
              for (let i = 0; i < pieces; i++) {
                controller.enqueue(piece);
                await new Promise((resolve) => setTimeout(resolve, 20));
              }
              controller.close();
            },
          });
          return new Response(body, { headers: { "content-length": String(pieces * piece.length) } });
        },
      });
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${folder}/list`, `${server.url}/large`);
        const { code, frames } = await inTerminal(
          script("async", "--input", `${folder}/list`, "--output", `${folder}/files`),
          { columns },
        );
        const lines = frames.map(({ screen }) => screen.join("")).filter((line) => / [1-9]\d?% /.test(line));
        const shown = lines.at(-1) ?? "";
        assertMatch(shown, /\d% {2}0\/1 .*\d MB {2}[\d.]+ MB\/s/);
        assertEquals([code, shown.length <= columns], [0, true]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}

Deno.test("progressFacts() guesses the remaining time from what was downloaded, not from what was skipped", async () => {
  const meter = Object.assign(new Meter(), { asked: 10_000, isRead: true, skipped: 5_000, inFlight: 5 });
  const facts = progressFacts(meter);
  facts();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(facts().wholePerSecond, 0, "what is skipped takes no time");
  meter.done++;
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert(facts().wholePerSecond > 0);
});
