import { assertEquals } from "@std/assert";
import { Interrupts, type System } from "../../lib/cli/interrupts.ts";

/** A process that gets its signals from the test. */
class FakeSystem implements System {
  ms = 1_000;
  readonly exits: number[] = [];
  readonly listeners = new Map<Deno.Signal, () => void>();
  constructor(readonly os: System["os"]) {}
  now = () => this.ms;
  exit = (code: number) => void this.exits.push(code);
  listen = (signal: Deno.Signal, listener: () => void) => void this.listeners.set(signal, listener);
  unlisten = (signal: Deno.Signal) => void this.listeners.delete(signal);
  send = (signal: Deno.Signal) => this.listeners.get(signal)?.();
}

for (
  const [os, codes] of Object.entries({
    linux: { SIGINT: 130, SIGTERM: 143 },
    darwin: { SIGINT: 130, SIGTERM: 143 },
    windows: { SIGINT: 130, SIGBREAK: 130, SIGHUP: 129 },
  })
) {
  for (const [signal, code] of Object.entries(codes) as [Deno.Signal, number][]) {
    Deno.test(`Interrupts end a run in good order at the first ${signal} on ${os}, and at once at the second`, () => {
      const system = new FakeSystem(os as System["os"]);
      const interrupts = new Interrupts(system);
      system.send(signal);
      assertEquals([interrupts.signal.aborted, interrupts.code, system.exits], [true, code, []]);
      system.ms += 500;
      system.send(signal);
      assertEquals(system.exits, [code]);
      interrupts[Symbol.dispose]();
      assertEquals(system.listeners.size, 0);
    });
  }
}

Deno.test("Interrupts take a signal that comes twice within 500 ms for one: npx passes on what the terminal has sent", () => {
  const system = new FakeSystem("linux");
  using interrupts = new Interrupts(system);
  for (const ms of [0, 50, 449]) {
    system.ms += ms;
    system.send("SIGINT");
  }
  assertEquals([interrupts.code, system.exits], [130, []]);
  system.ms += 1;
  system.send("SIGINT");
  assertEquals(system.exits, [130]);
});

Deno.test("Interrupts take another signal for another request, however soon it comes", () => {
  const system = new FakeSystem("linux");
  using _interrupts = new Interrupts(system);
  system.send("SIGINT");
  system.send("SIGTERM");
  assertEquals(system.exits, [143]);
});

Deno.test("Interrupts don't listen for what Windows doesn't have", () => {
  const system = new FakeSystem("windows");
  using _interrupts = new Interrupts(system);
  assertEquals([...system.listeners.keys()].toSorted(), ["SIGBREAK", "SIGHUP", "SIGINT"]);
});
