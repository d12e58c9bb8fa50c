/** The loop that all targets share: makes cases, runs them, counts, and makes what was found small. */

import { Random } from "./random.ts";
import type { AnyTarget, Finding } from "./target.ts";
import { turn } from "./turn.ts";

/** How to fuzz. */
export interface FuzzOptions {
  /** What all cases follow from. */
  seed: number;
  /** Milliseconds for all targets together, without those that it takes to make findings small. Default: no limit. */
  ms?: number;
  /** Cases of each target. Default: no limit. */
  cases?: number;
  /** Ends it before. Default: nothing does. */
  signal?: AbortSignal;
  /** Called with each new kind of finding as soon as it is small. */
  onFound: (found: Found) => void;
  /** Milliseconds to make a finding smaller. */
  shrinkMs?: number;
}

/** A kind of finding. */
export interface Found extends Finding {
  target: AnyTarget;
  /** The seed of the first case that showed it. */
  seed: number;
  /** The smallest case that shows it, in words. */
  example: string;
  /** Cases that showed it. */
  count: number;
}

/** What a run came to. */
export interface FuzzResult {
  /** Cases by target. */
  cases: Map<AnyTarget, number>;
  /** Milliseconds by target. */
  took: Map<AnyTarget, number>;
  found: Found[];
  /** Bytes of memory of the process: at the start, and at most. */
  memory: { start: number; peak: number };
}

/** Bytes by which the memory of the process may grow in a run, however long: about 200 MB is what it takes, most of it for bombs. */
export const MOST_GROWTH = 2 ** 29;

/** Milliseconds for each unit of a target's weight before the next target has its turn. */
const SLICE_MS = 100;

/** Fuzzes the targets by turns. */
export async function fuzz(targets: readonly AnyTarget[], options: FuzzOptions): Promise<FuzzResult> {
  using uncaught = new Uncaught();
  const found = new Map<string, Found>();
  const cases = new Map<AnyTarget, number>(targets.map((target) => [target, 0]));
  const took = new Map<AnyTarget, number>(targets.map((target) => [target, 0]));
  const memory = { start: Deno.memoryUsage().rss, peak: Deno.memoryUsage().rss };
  let spent = 0;
  const { ms = Infinity, cases: most = Infinity, signal } = options;
  const note = async (target: AnyTarget, seed: number, finding: Finding) => {
    const key = `${target.name} ${finding.rule}`;
    const known = found.get(key);
    if (known) return known.count++;
    const entry: Found = { ...finding, target, seed, example: "", count: 1 };
    found.set(key, entry);
    Object.assign(entry, await smallest(target, seed, finding, uncaught, options.shrinkMs ?? 2_000));
    options.onFound(entry);
  };
  const left = new Set(targets);
  while (left.size > 0) {
    for (const target of left) {
      const start = performance.now();
      const findings: [number, Finding][] = [];
      const loop = async () => {
        while (performance.now() - start < SLICE_MS * target.weight) {
          const n = cases.get(target) ?? 0;
          if (n >= most || signal?.aborted || spent + performance.now() - start >= ms) return left.delete(target);
          cases.set(target, n + 1);
          const seed = caseSeed(options.seed, target.name, n);
          const finding = await runCase(target, target.generate(new Random(seed)), uncaught);
          if (finding) findings.push([seed, finding]);
          if (n % 256 === 0) memory.peak = Math.max(memory.peak, Deno.memoryUsage().rss);
        }
      };
      await Promise.all(Array.from({ length: target.abreast }, loop));
      spent += performance.now() - start;
      took.set(target, (took.get(target) ?? 0) + performance.now() - start);
      for (const [seed, finding] of findings) await note(target, seed, finding);
    }
  }
  return { cases, took, found: [...found.values()], memory };
}

/** Runs the one case that a seed gives. */
export async function fuzzOnce(target: AnyTarget, seed: number, { shrinkMs = 5_000 } = {}): Promise<Found | undefined> {
  using uncaught = new Uncaught();
  const finding = await runCase(target, target.generate(new Random(seed)), uncaught);
  if (finding) return { target, seed, count: 1, ...await smallest(target, seed, finding, uncaught, shrinkMs) };
}

/** The seed of a case: FNV-1a of the run's seed, the target and the number of the case. */
function caseSeed(seed: number, name: string, n: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed} ${name} ${n}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

async function runCase<Case>(target: AnyTarget, one: Case, uncaught: Uncaught): Promise<Finding | undefined> {
  let finding: Finding | undefined;
  try {
    finding = await target.run(one);
  } catch (error) {
    finding = { rule: `throws: ${error instanceof Error ? error.message : error}`, detail: stackOf(error) };
  }
  if (target.abreast === 1) await turn();
  return uncaught.take() ?? finding;
}

/** Tries smaller cases as long as they show the same. */
async function smallest(target: AnyTarget, seed: number, finding: Finding, uncaught: Uncaught, ms: number) {
  let one = target.generate(new Random(seed));
  const end = performance.now() + ms;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const smaller of target.smaller?.(one) ?? []) {
      if (performance.now() > end) break;
      const same = await runCase(target, smaller, uncaught);
      if (same?.rule !== finding.rule) continue;
      one = smaller;
      finding = same;
      isSmaller = true;
      break;
    }
  }
  return { ...finding, example: target.describe(one) };
}

/** Errors that nobody caught, while it is there. */
class Uncaught implements Disposable {
  readonly #errors: unknown[] = [];

  constructor() {
    globalThis.addEventListener("unhandledrejection", this.#note);
    globalThis.addEventListener("error", this.#note);
  }

  take(): Finding | undefined {
    const [error] = this.#errors.splice(0);
    if (error !== undefined) return { rule: `an error that nobody caught: ${error}`, detail: stackOf(error) };
  }

  [Symbol.dispose](): void {
    globalThis.removeEventListener("unhandledrejection", this.#note);
    globalThis.removeEventListener("error", this.#note);
  }

  readonly #note = (event: PromiseRejectionEvent | ErrorEvent): void => {
    event.preventDefault();
    this.#errors.push(("reason" in event ? event.reason : event.error) ?? "undefined");
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
