/**
 * What a run downloads: the pages of a website, or what a list says.
 *
 * @module
 */

import type { RunOptions } from "./options.ts";
import type { Source } from "./queue.ts";
import { numberedPages } from "./urls.ts";
import { findWebsite } from "./website.ts";

/** What a run downloads, for as long as it lasts. */
export interface Work extends AsyncDisposable {
  /** Where it comes from, for the conditions of a report. */
  from: [kind: string, name: string];
  /** The downloads. */
  source: Source;
  /** How many they are, if that is known. */
  asked?: number;
  /** Lines of the list so far that are no downloads. */
  badLines: number;
}

/** What {@linkcode openWork} needs to know. */
export interface WorkOptions {
  /** Is told what is worth knowing. */
  say: (line: string) => void;
  /** Ends the search for a website. */
  signal: AbortSignal;
}

/** Bad lines of a list that are told of one by one: a file that is no list would tell of millions. */
const TOLD_LINES = 10;

/**
 * Opens what is to be downloaded.
 *
 * @param work What the command line says.
 * @param options Whom to tell what, and what ends the search for a website.
 * @returns The downloads. A list is opened only when the first of them is asked for.
 * @throws {CommandError} If the website can't be reached or started.
 */
export async function openWork(work: RunOptions["work"], { say, signal }: WorkOptions): Promise<Work> {
  if ("input" in work) return await openList(work.input, { strict: work.strict, say });
  const website = await findWebsite(work.url, { say, signal });
  return {
    from: ["Website", website.url],
    source: numberedPages(website.url, work.trials),
    asked: work.trials,
    badLines: 0,
    [Symbol.asyncDispose]: () => website[Symbol.asyncDispose](),
  };
}

async function openList(input: string, { strict, say }: { strict: boolean; say: WorkOptions["say"] }): Promise<Work> {
  const { readUrlList } = await import("./url_list.ts");
  const name = input === "-" ? "stdin" : input;
  const onBadLine = ({ line, problem }: { line: number; problem: string }) => {
    list.badLines++;
    if (list.badLines <= TOLD_LINES) say(`${name} line ${line} is passed over: ${problem}`);
    if (list.badLines === TOLD_LINES) say(`${name}: further lines like these are counted, and not told of`);
  };
  const list: Work = {
    from: ["List", name],
    source: readUrlList(input, { strict, onBadLine }),
    badLines: 0,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return list;
}
