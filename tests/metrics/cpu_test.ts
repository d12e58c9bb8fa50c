import { assert, assertEquals } from "@std/assert";
import { cpuSeconds } from "../../lib/metrics/cpu.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("run");

/** Deno lets a program read about itself in /proc only when it is allowed everything, which tests aren't. */
Deno.test("cpuSeconds() is undefined without permission to know", () => assertEquals(cpuSeconds(), undefined));

if (Deno.build.os === "linux") {
  test("cpuSeconds() grows with what is computed", async () => {
    const script = `
      import { cpuSeconds } from "${new URL("../../lib/metrics/cpu.ts", import.meta.url)}";
      const before = cpuSeconds();
      while (cpuSeconds() < before + 0.05);
      console.log(before, cpuSeconds());`;
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
    const [before, after] = new TextDecoder().decode(stdout).split(" ").map(Number);
    assert(before < 10 && after >= before + 0.05 && after < before + 1, `${before} to ${after}`);
  });
}
