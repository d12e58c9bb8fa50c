/**
 * What would be downloaded, without downloading it.
 *
 * @module
 */

import { splitCredentials } from "../core/credentials.ts";
import type { Download } from "../core/download.ts";
import type { Item, Source } from "../core/source.ts";
import { type IntakeSettings, openIntake } from "../engine/intake.ts";
import { print } from "../core/print.ts";
import { jsonLine } from "../core/printable.ts";

/** How to go through a source. */
export interface DryRunOptions extends Partial<IntakeSettings> {
  /** Print JSON. */
  json: boolean;
  /** Called with a line of progress if it takes long until the first line. Default: none. */
  say?: (line: string) => void;
  /** Ends it before its time. */
  signal: AbortSignal;
}

/** Lines printed at a time. */
const PRINTED = 1_000;

/**
 * Prints a line for each download of a source: its URL, and the file it would go to or why it would be skipped. Nothing
 * is requested, and nothing is written.
 *
 * @param source What would be downloaded.
 * @param options Where to, and how to print it.
 * @throws {CannotWriteError} If the output folder is there and can't be read, or another run has it open.
 */
export async function dryRun(source: Source, options: DryRunOptions): Promise<void> {
  const { distinct = false, json, say, signal } = options;
  using intake = await openIntake({ ...options, distinct, output: options.output }, { readOnly: true, say, signal });
  if (signal.aborted) return; // perhaps before it was known what the folder has
  const lines: string[] = [];
  const flush = () => lines.length > 0 && print(lines.splice(0));
  for await (const given of source) {
    for (const item of Array.isArray(given) ? given as readonly Item[] : [given as Item]) {
      const download: Download = typeof item === "string" ? { url: item } : item;
      const { url } = splitCredentials(download.url);
      const entry = intake.enter?.(download) ?? { state: "unsaved" };
      const file = "file" in entry ? entry.file : undefined;
      const skipped = entry.state === "duplicate" || entry.state === "done" ? entry.state : undefined;
      const updates = entry.state === "new" && entry.version !== undefined ? true : undefined;
      lines.push(json ? jsonLine({ url, file, skipped, updates }) : dryLine(url, { file, skipped, updates }));
      if (lines.length === PRINTED) flush();
    }
    if (signal.aborted) break;
    if (Array.isArray(given)) flush(); // what comes next may be long in coming
  }
  flush();
}

/** What there is to say of a URL. */
interface Plan {
  file?: string;
  skipped?: "done" | "duplicate";
  updates?: boolean;
}

function dryLine(url: string, { file, skipped, updates }: Plan): string {
  const where = file === undefined ? "" : ` -> ${file}`;
  if (skipped === "duplicate") return `skip  ${url} (listed before)`;
  if (updates) return `check ${url}${where} (fetched if it has changed)`;
  return skipped === "done" ? `skip  ${url}${where} (there already)` : `fetch ${url}${where}`;
}
