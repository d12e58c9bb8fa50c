/**
 * Tests by promtool, which Debian has in its package prometheus: left out, by name and with the reason, without it.
 *
 * @module
 */

import { testNeeding } from "./needs.ts";

const test = await testNeeding("run");

/** Whether promtool can be started, as far as that is known without asking for a permission. */
const hasPromtool = (await Deno.permissions.query({ name: "run" })).state === "granted" && await isThere();

async function isThere(): Promise<boolean> {
  try {
    return (await new Deno.Command("promtool", { args: ["--version"], stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

/**
 * Registers a test that starts promtool.
 *
 * @param name Its name.
 * @param fn What it does.
 */
export function promtoolTest(name: string, fn: () => Promise<void>): void {
  if (hasPromtool) test(name, fn);
  else Deno.test({ name: `${name} (left out: needs promtool)`, ignore: true, fn });
}

/**
 * Runs promtool.
 *
 * @param args Its arguments.
 * @param input Its standard input.
 * @returns What it says, and whether it is content.
 */
export async function promtool(args: string[], input = ""): Promise<{ success: boolean; said: string }> {
  const command = new Deno.Command("promtool", { args, stdin: "piped", stdout: "piped", stderr: "piped" });
  await using child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  return { success, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/**
 * Has promtool parse metrics and look at their names.
 *
 * @param text The metrics, in Prometheus' own format.
 * @returns What it says against them: nothing, if they are right.
 */
export async function promtoolCheck(text: string): Promise<string> {
  const { success, said } = await promtool(["check", "metrics"], text);
  return success ? said.trim() : `promtool failed: ${said.trim()}`;
}
