/** Figures as `deno task pictures` measures them, for tests. */

import type { Figures, PageSpan } from "../../tasks/figures.ts";

const inARow = (n: number, ms: number) =>
  Array.from({ length: n }, (_, i): PageSpan => [i * ms, (i + 1) * ms, (i + 1) * ms - 1]);
const atOnce = (n: number, ms: number) => Array.from({ length: n }, (): PageSpan => [0, ms, ms - 1]);

/** Figures as they were recorded before there was `download`. */
export function withoutDownload({ few, many, ...figures }: Figures): Figures {
  const [{ download: _few, ...fewRuns }, { download: _many, ...manyRuns }] = [few.runs, many.runs];
  return { ...figures, few: { ...few, runs: fewRuns }, many: { ...many, runs: manyRuns } };
}

/** Four pages instead of 24, and times that are easy to reckon with. */
export const SOME_FIGURES: Figures = {
  date: "2026-01-02",
  deno: "2.9.6",
  cores: 2,
  few: {
    pages: 4,
    delayMs: 500,
    runs: {
      simple: { seconds: 12, pages: inARow(4, 3_000) },
      threaded: { seconds: 1.5, pages: [[100, 600, 599], [400, 900, 899], [700, 1_200, 1_199], [1_000, 1_500, 1_499]] },
      async: { seconds: 0.55, pages: atOnce(4, 550) },
      optimized: { seconds: 0.54, pages: atOnce(4, 540) },
      download: { seconds: 0.52, pages: atOnce(4, 520) },
    },
  },
  hundred: {
    pages: 100,
    delayMs: 1_000,
    runs: {
      simple: { seconds: 100.2, connections: 1, isolates: 1, inFlight: 1, peakMemoryBytes: 60e6 },
      threaded: { seconds: 3.04, connections: 76, isolates: 76, inFlight: 76, peakMemoryBytes: 947e6 },
      async: { seconds: 1.1, connections: 100, isolates: 1, inFlight: 100, peakMemoryBytes: 62e6 },
    },
  },
  many: {
    pages: 10_000,
    delayMs: 1_000,
    runs: {
      threaded: { seconds: 103.25, connections: 100, isolates: 100, inFlight: 100, peakMemoryBytes: 1.3e9 },
      async: { seconds: 3.67, connections: 9_216, isolates: 1, inFlight: 10000, peakMemoryBytes: 629e6 },
      oneCore: { seconds: 1.88, connections: 50, isolates: 1, inFlight: 10000, peakMemoryBytes: 500e6 },
      optimized: { seconds: 1.7, connections: 36, isolates: 2, inFlight: 8000, peakMemoryBytes: 517e6 },
      download: { seconds: 1.4, connections: 50, isolates: 1, inFlight: 10000, peakMemoryBytes: 67e6 },
    },
  },
};
