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

/**
 * Writes a page, or prints it where no file is named.
 *
 * @param page What.
 * @param file Where to. Default: standard output.
 */
export async function writeOrPrint(page: string, file?: string): Promise<void> {
  if (file) await writeFile(file, page + "\n");
  else console.log(page);
}
