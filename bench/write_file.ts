/**
 * Writes files into folders that may not be there yet.
 *
 * @module
 */

import { dirname } from "node:path";

/**
 * Writes a text file.
 *
 * @param file Where to.
 * @param text What.
 */
export async function writeFile(file: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeTextFile(file, text);
}
