import { assertEquals } from "@std/assert";
import { after, Ticker } from "../../lib/core/timer.ts";
import { testNeeding } from "../helpers/needs.ts";

const testScripts = await testNeeding("run", "read");

const TIMER = import.meta.resolve("../../lib/core/timer.ts");

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("after() calls once, unless it is cancelled before", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const calls: string[] = [];
  const cancel = after(1, () => calls.push("cancelled"));
  const cancelLate = after(1, () => calls.push("first"));
  after(20.5, () => {
    calls.push("last");
    resolve();
  });
  cancel();
  await promise;
  cancelLate();
  assertEquals(calls, ["first", "last"]);
});

Deno.test("Ticker calls again and again, until it is stopped", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let ticks = 0;
  using ticker = new Ticker(1, () => {
    if (++ticks < 3) return;
    ticker.stop();
    resolve();
  });
  ticker.start();
  ticker.start();
  await promise;
  await wait(10);
  assertEquals(ticks, 3);
});

Deno.test("Ticker can be stopped and started, at once or after the time of its next tick", async () => {
  let tick = () => {};
  let ticks = 0;
  using ticker = new Ticker(1, () => {
    ticks++;
    tick();
  });
  const next = () => new Promise<void>((resolve) => tick = resolve);
  ticker.start();
  ticker.stop();
  ticker.start();
  await next();
  ticker.stop();
  const before = ticks;
  await wait(10);
  assertEquals(ticks, before, "it ticked while it was stopped");
  const again = next();
  ticker.start();
  await again;
  assertEquals(ticks, before + 1);
});

Deno.test("Ticker that is stopped and started many times needs one timer", () => {
  const timers: number[] = [];
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => {
    timers.push(ms);
    return timeout(ms);
  };
  try {
    using ticker = new Ticker(1_000.5, () => {});
    for (let n = 0; n < 100; n++) {
      ticker.start();
      ticker.stop();
    }
  } finally {
    AbortSignal.timeout = timeout;
  }
  assertEquals(timers, [1_001]);
});

/** What a script prints that imports the timers. */
async function printed(script: string): Promise<string> {
  const code = `import { after, Ticker } from ${JSON.stringify(TIMER)};\n${script}`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  return new TextDecoder().decode(stdout);
}

testScripts(
  "a process waits for after() and for a Ticker, and for neither once it is cancelled or stopped",
  async () => {
    const script = `
    const ticker = new Ticker(60_000, () => console.log("too late"));
    ticker.start();
    const cancel = after(60_000, () => console.log("too late"));
    after(5, () => {
      cancel();
      ticker.stop();
      const short = new Ticker(5, () => {
        console.log("ticked");
        short.stop();
      });
      short.start();
    });`;
    assertEquals(await printed(script), "ticked\n");
  },
);
