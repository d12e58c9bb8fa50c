/**
 * The file that a report is written to: looked at before the work that it reports, and not only after it.
 *
 * @module
 */

import { dirname } from "node:path";
import { UsageError } from "../core/errors.ts";
import { lazy } from "../core/lazy.ts";
import { conditions } from "./conditions.ts";
import type { ReportData } from "./html_report.ts";

/** Writes a report; the machine's conditions are added to those it names. */
export type WriteReport = (data: ReportData) => Promise<void>;

/**
 * Makes sure that a report can be made and written.
 *
 * @param path Where it will be written. What is there is replaced.
 * @returns Makes and writes it.
 * @throws {UsageError} If nothing can be written there.
 * @throws {CommandError} If the packages that draw it can't be had.
 */
export async function prepareReport(path: string): Promise<WriteReport> {
  const module = import.meta.resolve("./html_report.ts");
  const [{ htmlReport }] = await Promise.all([
    lazy<typeof import("./html_report.ts")>(module, "drawing a report"),
    checkPath(path),
  ]);
  return async (data) => {
    const page = await htmlReport({ ...data, conditions: [...data.conditions, ...conditions()] });
    await Deno.writeTextFile(path, page);
  };
}

async function checkPath(path: string): Promise<void> {
  const folder = await kindOf(dirname(path));
  if (folder !== "folder") throw new UsageError(`can't write the report ${path}: there is no folder ${dirname(path)}`);
  if (await kindOf(path) === "folder") throw new UsageError(`can't write the report ${path}: that is a folder`);
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
