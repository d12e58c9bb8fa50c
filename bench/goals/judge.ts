/**
 * The goals of download.ts, and which of them what is recorded reaches.
 *
 * @module
 */

import type { Comparison } from "../compare.ts";
import type { FilesResults } from "../files/report.ts";
import { describeLoad, type Load } from "../load.ts";
import type { Usage } from "../measured_process.ts";
import type { Row } from "../rounds.ts";
import {
  cpuOf,
  cpuPerPage,
  cpuSeconds,
  judge,
  judgeNumbers,
  type Limit,
  megabytes,
  memory,
  OURS,
  paired,
  runsOf,
  time,
  timeOfFastest,
  type Verdict,
} from "./limits.ts";

/** Everything that was recorded. */
export interface Recorded {
  /** Comparisons of pages. */
  pages: Comparison[];
  /** Tables of files. */
  files: FilesResults["tables"];
}

/** A load, and what is to be reached with it. */
interface PagesGoal {
  load: Load;
  limits: Limit[];
}

const load = (part: Partial<Load>): Load => ({ trials: 10_000, delayMs: 1_000, bytes: 0, http1: false, ...part });
const MILLION = load({ trials: 1_000_000, delayMs: 0 });
const FIFTH = load({ trials: 200_000, delayMs: 0 });

const PAGES: PagesGoal[] = [
  { load: load({}), limits: [time("h2load", 1.15), cpuSeconds(0.45), memory(110)] },
  { load: load({ trials: 100_000 }), limits: [time("h2load", 1.1), memory(350)] },
  { load: MILLION, limits: [time("h2load", 1.15), cpuPerPage(20, 1_000_000), memory(200)] },
  { load: load({ trials: 1_000_000 }), limits: [memory(500)] },
  { load: load({ http1: true }), limits: [time("h2load", 1.1)] },
  ...(["nginx", "nghttpd"] as const).map((server) => ({
    load: load({ trials: 100_000, delayMs: 0, server }),
    limits: [cpuOf("h2load", 3), cpuOf("optimized", 0.2)],
  })),
];

/** What people would use, with what it may be told to speak. */
const DOWNLOADERS = ["curl", "curl http1.1", "wget2", "wget2 http1.1", "aria2c"];

/** Files, where they come from, and what is to be reached with them. */
interface FilesGoal {
  files: number;
  bytes: number;
  scheme: string;
  line?: string;
  limit: Limit;
}

const near = (files: number, bytes: number, [http, https]: [number, number]): FilesGoal[] => [
  { files, bytes, scheme: "http", limit: timeOfFastest(DOWNLOADERS, http) },
  { files, bytes, scheme: "https", limit: timeOfFastest(DOWNLOADERS, https) },
];

const FILES: FilesGoal[] = [
  ...near(10_000, 10_000, [1.15, 1.2]),
  ...near(50_000, 10_000, [1, 1.05]),
  ...near(10, 100_000_000, [1.05, 1.05]),
  { files: 10_000, bytes: 10_000, scheme: "https", line: "50 ms, 1 % loss", limit: time("curl", 1) },
  { files: 1, bytes: 100_000_000, scheme: "https", line: "50 ms, 1 Gbit/s", limit: time("curl", 1.2) },
];

/**
 * Holds the goals against what was recorded.
 *
 * @param recorded All of it.
 * @returns A verdict for each goal.
 */
export function judgeGoals({ pages, files }: Recorded): Verdict[] {
  const rowsOf = (wanted: Load) => pages.find(({ load }) => isSame(load, wanted))?.rows ?? [];
  return [
    ...PAGES.flatMap(({ load, limits }) => limits.map((limit) => judge(describeLoad(load), limit, rowsOf(load)))),
    judgeGrowth(rowsOf(FIFTH), rowsOf(MILLION)),
    ...FILES.map((goal) => {
      const { files: number, bytes, scheme, line, limit } = goal;
      const table = files.find((one) =>
        one.set.files === number && one.set.bytes === bytes && one.scheme === scheme && one.line === line
      );
      const size = bytes >= 1e6 ? `${bytes / 1e6} MB` : `${bytes / 1e3} KB`;
      const work = `${number.toLocaleString("en")} ${number === 1 ? "file" : "files"} of ${size}, ${
        [scheme, line].filter(Boolean).join(", ")
      }`;
      return judge(work, limit, table?.rows ?? []);
    }),
  ];
}

function isSame(a: Load, b: Load): boolean {
  const key = ({ trials, delayMs, bytes, http1, concurrency, workers, server }: Load) =>
    JSON.stringify([trials, delayMs, bytes, http1, concurrency, workers, server]);
  return key(a) === key(b);
}

/** Memory mustn't grow with what has been downloaded: five times as many pages, and hardly more of it. */
function judgeGrowth(some: readonly Row<Usage>[], all: readonly Row<Usage>[]): Verdict {
  const [few, many] = [some, all].map((rows) => runsOf(rows, OURS));
  const numbers = paired(many, few, megabytes);
  const goal = `at most 1.1 times the memory of ${FIFTH.trials.toLocaleString("en")}`;
  return judgeNumbers(describeLoad(MILLION), goal, { numbers, most: 1.1 });
}
