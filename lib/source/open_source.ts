/**
 * What a run downloads: the pages of a website, URLs, or what a list says.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import type { Download } from "../core/download.ts";
import type { Source } from "../core/source.ts";
import { numberedPages } from "./numbered_pages.ts";
import { findWebsite, type Website } from "./website.ts";

/** What to download: so many pages of a website, some URLs, or a list of them. */
export type Wanted =
  | { trials: number; url: string | undefined }
  | { urls: readonly string[] }
  | { input: string; strict: boolean };

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
  /** Whether the source may keep what reads it waiting, and even never end: a pipe or a terminal. */
  isStream: boolean;
  /** The website, if pages of one are downloaded. */
  website?: Website;
}

/** What {@linkcode openWork} needs to know. */
export interface WorkOptions {
  /** Called with each message. */
  say: (line: string) => void;
  /** Ends the search for a website. */
  signal: AbortSignal;
  /** Whether the list may have nothing in it, as when an earlier run has left nothing to do. Default: false. */
  mayBeEmpty?: boolean;
  /** Where the checksums are that files must have: a file or a URL. Default: none. */
  checksums?: string;
  /** How to name files that have no name in a list. Default: they get none here. */
  name?: string;
}

/** Work with nothing to close at its end. */
const UNCLOSED = { isStream: false, [Symbol.asyncDispose]: () => Promise.resolve() };

/** Bad lines of a list that are reported individually: a file that isn't a list has millions. */
const TOLD_LINES = 10;

/**
 * Opens what is to be downloaded.
 *
 * @param work What the command line says.
 * @param options Whom to tell what, what ends the search for a website, and whether a list may be empty.
 * @returns The downloads. A list is opened only when the first of them is asked for; it throws a `UsageError` then if it
 * can't be read, or is empty and may not be.
 * @throws {CommandError} If the website can't be reached or started.
 */
export async function openWork(work: Wanted, options: WorkOptions): Promise<Work> {
  if (options.name === undefined) return await openChecked(work, options);
  const template = await readTemplate(options.name);
  const { columns } = template;
  if (!("input" in work) && columns.length > 0) {
    throw new UsageError(`--name has {${columns[0]}}, which is no part of a URL: name a list that has such a column`);
  }
  const opened = await openChecked(work, { ...options, columns });
  opened.source = template.named(opened.source);
  return opened;
}

async function openChecked(work: Wanted, options: WorkOptions & { columns?: readonly string[] }): Promise<Work> {
  if (options.checksums === undefined) return await open(work, options);
  const { openSums } = await import("./sums.ts");
  const sums = await openSums(options.checksums, options.signal);
  const opened = await open(work, options);
  opened.source = sums.checked(opened.source, options.say);
  return opened;
}

async function readTemplate(text: string) {
  const { NameTemplate } = await import("../core/name_template.ts");
  try {
    return new NameTemplate(text);
  } catch (cause) {
    const expected = (cause as Error).message;
    throw new UsageError(`invalid value ${JSON.stringify(text)} for --name: expected ${expected}`, { cause });
  }
}

async function open(work: Wanted, options: WorkOptions & { columns?: readonly string[] }): Promise<Work> {
  if ("input" in work) return await openList(work, options);
  if ("urls" in work) {
    return { from: ["URLs", `${work.urls.length} of the command line`], source: work.urls, badLines: 0, ...UNCLOSED };
  }
  const website = await findWebsite(work.url, options);
  return {
    from: ["Website", website.url],
    source: numberedPages(website.url, work.trials),
    asked: work.trials,
    badLines: 0,
    isStream: false,
    website,
    [Symbol.asyncDispose]: () => website[Symbol.asyncDispose](),
  };
}

async function openList(
  { input, strict }: { input: string; strict: boolean },
  { say, mayBeEmpty = false, columns }: WorkOptions & { columns?: readonly string[] },
): Promise<Work> {
  const { readUrlList } = await import("./url_list.ts");
  const name = input === "-" ? "stdin" : input;
  const onBadLine = ({ line, problem }: { line: number; problem: string }) => {
    list.badLines++;
    if (list.badLines <= TOLD_LINES) say(`${name} line ${line} is skipped: ${problem}`);
    if (list.badLines === TOLD_LINES) say(`${name}: further bad lines are counted, not listed`);
  };
  /** An empty list is hardly ever meant: what should have made it has failed. */
  async function* notEmpty(batches: AsyncIterable<Download[]>): AsyncGenerator<Download[], void> {
    let isEmpty = true;
    for await (const batch of batches) {
      isEmpty = false;
      yield batch;
    }
    if (isEmpty && list.badLines === 0) {
      throw new UsageError(`the list ${name} has no URL in it; what should have written it?`);
    }
  }
  const batches = readUrlList(input, { strict, onBadLine, columns });
  const list: Work = {
    from: ["List", name],
    source: mayBeEmpty ? batches : notEmpty(batches),
    badLines: 0,
    ...UNCLOSED,
    isStream: input === "-" || await isPipe(input),
  };
  return list;
}

async function isPipe(path: string): Promise<boolean> {
  try {
    return !(await Deno.stat(path)).isFile;
  } catch {
    return false; // reading it says why
  }
}
