/**
 * What a run on many machines keeps at the broker, so that who joins downloads as who has published it does.
 *
 * @module
 */

import { CommandError, UsageError } from "../core/errors.ts";
import { type Settings, settle, type StrategyOptions } from "../core/settings.ts";
import type { StrategyTraits } from "../engine/strategy.ts";

/** The options that are the run's, and not a machine's own. */
const OF_RUN = [
  ...["concurrency", "perHost", "rate", "timeoutMs", "connectTimeoutMs", "idleTimeoutMs", "retries", "retryMaxTimeMs"],
  ...["retryOn", "raw", "maxFilesize", "accept", "reject", "unwanted", "headers", "originHeaders", "http"],
  ...["distinct", "digest"],
] as const satisfies readonly (keyof StrategyOptions)[];

/** What a run keeps at the broker: the options that are its own, and no other. */
export interface RunSettings extends StrategyOptions {
  /** Whether bodies are saved. */
  isSaved: boolean;
}

/** What of a command line's options goes to the broker. */
export function runSettings(options: StrategyOptions): RunSettings {
  const settings: Record<string, unknown> = { isSaved: options.output !== undefined };
  for (const name of OF_RUN) if (isSaid(options[name])) settings[name] = options[name];
  return settings as unknown as RunSettings;
}

/** JSON has no Infinity, which is what these options are without a limit. */
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== Infinity;
}

/**
 * Reads what a run keeps at the broker.
 *
 * @param name The run's name.
 * @param data What the broker gave.
 * @param strategy What is downloaded with.
 * @throws {CommandError} If it is anything else than settings.
 */
export function readRunSettings(name: string, data: unknown, strategy: StrategyTraits): RunSettings {
  const problem = (why: string) => new CommandError(`The run ${name} has settings that can't be used: ${why}`);
  if (typeof data !== "object" || data === null) throw problem("they are no object");
  const given = data as Record<string, unknown>;
  const settings: Record<string, unknown> = { isSaved: given.isSaved === true };
  for (const each of OF_RUN) if (given[each] !== undefined) settings[each] = given[each];
  try {
    settle(settings as Partial<Settings>, strategy);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw problem(error.message);
    throw error;
  }
  return settings as unknown as RunSettings;
}

/**
 * Holds what a command line says against what was published: a run is downloaded in one way.
 *
 * @param name The run's name.
 * @param published What the broker has.
 * @param asked What the command line says.
 * @throws {UsageError} If they differ.
 */
export function checkSame(name: string, published: RunSettings, asked: RunSettings): void {
  for (const each of ["isSaved", ...OF_RUN] as const) {
    // Each machine may have its own limit, and its own report
    if (each === "concurrency" || each === "digest") continue;
    const [there, here] = [published[each], asked[each]].map((value) => JSON.stringify(value) ?? "none");
    if (there === here) continue;
    // Headers may be secrets
    const what = each === "headers" || each === "originHeaders"
      ? "other headers"
      : `${FLAGS[each] ?? each} ${there}, not ${here}`;
    throw new UsageError(`the run ${name} was published with ${what}: say the same, or give this one another --run`);
  }
}

const FLAGS: Partial<Record<keyof RunSettings, string>> = {
  isSaved: "saving",
  perHost: "--per-host",
  rate: "--rate",
  timeoutMs: "--timeout",
  connectTimeoutMs: "--connect-timeout",
  idleTimeoutMs: "--idle-timeout",
  retries: "--retries",
  retryMaxTimeMs: "--retry-max-time",
  retryOn: "--retry-on",
  raw: "--raw",
  maxFilesize: "--max-filesize",
  accept: "--accept",
  reject: "--reject",
  unwanted: "--unwanted",
  http: "--http",
};
