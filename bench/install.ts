/**
 * Installs programs that a comparison lacks.
 *
 * @module
 */

import { installCommand, type Program, ROOT, versionOf } from "./programs.ts";

/**
 * Installs what is missing, printing every command first. What can't be installed is left out later, by name.
 *
 * @param programs What should be there.
 */
export async function install(programs: Iterable<Program>): Promise<void> {
  for (const program of programs) {
    if (await versionOf(program) !== undefined) continue;
    console.error(installCommand(program));
    const [command, ...args] = program.install;
    await new Deno.Command(command, { args, cwd: ROOT, stdin: "null", stdout: "null" }).spawn().status;
  }
}
