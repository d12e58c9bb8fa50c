/**
 * What is done with the results of comparing file downloads.
 *
 * @module
 */

import { writeFile, writeOrPrint } from "../write_file.ts";
import type { FilesResults } from "./report.ts";

/**
 * Writes results, or prints them.
 *
 * @param results Everything that was measured.
 * @param page The same as Markdown.
 * @param files Where to: `json` for everything (default: nowhere), `markdown` for the page (default: standard output).
 * @returns The exit code: 1 when a program failed.
 */
export async function publishFiles(
  results: FilesResults,
  page: string,
  { json, markdown }: { json?: string; markdown?: string },
): Promise<number> {
  if (json) await writeFile(json, JSON.stringify(results, null, 2) + "\n");
  await writeOrPrint(page, markdown);
  return results.tables.some(({ rows }) => rows.some(({ failure }) => failure)) ? 1 : 0;
}
