/**
 * Tests that need a shell: left out, by name and with the reason, where it isn't installed.
 *
 * @module
 */

import type { Test } from "./needs.ts";

/** Whether a program can be started. */
export async function isInstalled(program: string, ...args: string[]): Promise<boolean> {
  if ((await Deno.permissions.query({ name: "run" })).state !== "granted") return true; // left out for that reason
  try {
    await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Registers a test that needs a program, or leaves it out and says why.
 *
 * @param test What registers it.
 * @param shell The program, which must know `-c true`.
 * @param name Its name.
 * @param fn What it does.
 */
export async function testWithShell(test: Test, shell: string, name: string, fn: () => Promise<void>): Promise<void> {
  if (await isInstalled(shell, "-c", "true")) test(name, fn);
  else Deno.test({ name: `${name} (left out: needs ${shell})`, ignore: true, fn });
}
