/**
 * Tests that need programs: left out, by name and with the reason, where one isn't installed.
 *
 * @module
 */

import { type Program, versionOf } from "../../bench/programs.ts";
import { testNeeding } from "./needs.ts";

const test = await testNeeding("net", "run", "read", "write", "env", "sys");

/**
 * Registers a test that starts programs, or leaves it out and says why.
 *
 * @param programs What has to be installed.
 * @param name Its name.
 * @param fn What it does.
 */
export async function testWith(programs: Program[], name: string, fn: () => Promise<void>): Promise<void> {
  const isGranted = (await Deno.permissions.query({ name: "run" })).state === "granted";
  const versions = isGranted ? await Promise.all(programs.map(versionOf)) : programs.map(() => "");
  const absent = programs.filter((_, at) => versions[at] === undefined).map(({ name }) => name);
  if (absent.length === 0) test(name, fn);
  else Deno.test({ name: `${name} (left out: needs ${absent.join(", ")})`, ignore: true, fn });
}
