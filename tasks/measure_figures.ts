/**
 * Measures README's figures and those of its picture: the five scripts, each in a process of its own, against websites
 * in processes of their own.
 *
 * @module
 */

import { CORES } from "../constants.ts";
import { startLocalServer } from "../lib/source/website.ts";
import { type FewRun, type Figures, type LargeRun, medianRun, type PageSpan } from "./figures.ts";
import { runScript } from "./run_script.ts";
import { type Title, TITLES } from "./strategies.ts";

const FEW = { pages: 24, delayMs: 500 };
const HUNDRED = { pages: 100, delayMs: 1_000 };
const MANY = { pages: 10_000, delayMs: 1_000 };

/** How often the runs of a few seconds are repeated, for their median. */
const ROUNDS = 3;

/** Ends a run in good order; nothing asks for it here. */
const NEVER = new AbortController().signal;

/**
 * Measures everything, in less than three minutes: `threaded` needs most of them for its 10,000 pages. `simple` gets its
 * 100 meanwhile, since it only waits; every other run has the machine to itself.
 *
 * @param say Called with what is being measured.
 * @param meanwhile Something else that mostly waits, for the minutes in which these two do.
 * @returns The figures.
 */
export async function measureFigures(say: (line: string) => void, meanwhile: () => Promise<void>): Promise<Figures> {
  say(`${MANY.pages} pages in threads, and ${HUNDRED.pages} one after another: as long as all the rest`);
  const [threaded, simple] = await Promise.all([largeRun("threaded", MANY), largeRun("simple", HUNDRED), meanwhile()]);
  const few = {} as Record<Title, FewRun>;
  for (const title of TITLES) {
    say(`${FEW.pages} pages: ${title}`);
    few[title] = await fewRun(title);
  }
  say(`${HUNDRED.pages} pages: threaded, async`);
  const hundred = {
    simple,
    threaded: await largeRun("threaded", HUNDRED),
    async: await largeRun("async", HUNDRED),
  };
  say(`${MANY.pages} pages: async, optimized on one core and on all, download, ${ROUNDS} times each`);
  const rounds = {
    async: [] as LargeRun[],
    oneCore: [] as LargeRun[],
    optimized: [] as LargeRun[],
    download: [] as LargeRun[],
  };
  for (let i = 0; i < ROUNDS; i++) {
    rounds.async.push(await largeRun("async", MANY));
    rounds.oneCore.push(await largeRun("optimized", MANY, "--workers=1"));
    rounds.optimized.push(await largeRun("optimized", MANY));
    rounds.download.push(await largeRun("download", MANY));
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    deno: Deno.version.deno,
    cores: CORES,
    few: { ...FEW, runs: few },
    hundred: { ...HUNDRED, runs: hundred },
    many: {
      ...MANY,
      runs: {
        threaded,
        async: medianRun(rounds.async),
        oneCore: medianRun(rounds.oneCore),
        optimized: medianRun(rounds.optimized),
        download: medianRun(rounds.download),
      },
    },
  };
}

/** Downloads few pages, and notes when each was on its way. */
async function fewRun(title: Title): Promise<FewRun> {
  const { pages: trials, delayMs } = FEW;
  await using website = await startLocalServer([`--delay=${delayMs}`]);
  const { seconds, done, timeline } = await runScript(
    title,
    [`--url=${website.url}`, `--trials=${trials}`, "--quiet"],
    NEVER,
  );
  const pages = timeline.requests.map(([startMs, firstMs, endMs]): PageSpan => [startMs, endMs, firstMs ?? endMs]);
  if (done !== trials || pages.length !== trials) {
    throw new Error(`${title} downloaded ${done} of ${trials} pages and noted ${pages.length}`);
  }
  return { seconds: round(seconds), pages };
}

/** Downloads pages from a website of its own, and asks that over how many connections it was. */
async function largeRun(title: Title, { pages, delayMs }: typeof MANY, ...flags: string[]): Promise<LargeRun> {
  await using website = await startLocalServer([`--delay=${delayMs}`]);
  const args = [`--url=${website.url}`, `--trials=${pages}`, "--quiet", ...flags];
  const { seconds, done, peakMemoryBytes, isolates = 1, peakInFlight: inFlight } = await runScript(title, args, NEVER);
  if (done !== pages) throw new Error(`${title} downloaded ${done} of ${pages} pages`);
  const { connections } = await (await fetch(`${website.url}stats`)).json();
  return { seconds: round(seconds), connections, isolates, inFlight, peakMemoryBytes };
}

function round(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
