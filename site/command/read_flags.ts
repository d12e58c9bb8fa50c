/**
 * What the command line of `server.ts` asks for, in the site's own words.
 *
 * @module
 */

import { HOSTNAME } from "../../constants.ts";
import { parseFlags } from "../../lib/cli/parse_flags.ts";
import { UsageError } from "../../lib/core/errors.ts";
import type { SiteOptions } from "../site.ts";
import { flagName } from "../parameters.ts";
import { ownPageSetting } from "../settings.ts";
import { AN_ORIGIN, upstreamUrl } from "../upstream/upstream_url.ts";
import { behaviourOf } from "./behaviour_flags.ts";
import { FLAGS, type SiteFlags } from "./flags.ts";

/**
 * Reads a command line.
 *
 * @param args The arguments after the script's name.
 * @throws {UsageError} If it makes no sense.
 */
export function readFlags(args: readonly string[]): SiteFlags {
  const flags = parseFlags(args, FLAGS);
  const { hosts, hostname } = flags;
  if (hosts > 1 && hostname !== HOSTNAME) {
    throw new UsageError(`--hosts ${hosts} needs ${HOSTNAME}, but --hostname is ${hostname}; leave one of them out`);
  }
  refuseUpstream(flags);
  return flags;
}

/** Refuses what can't be had of an upstream. */
function refuseUpstream(flags: SiteFlags): void {
  const { upstream } = flags;
  if (upstream === undefined) return;
  try {
    upstreamUrl(upstream);
  } catch (cause) {
    throw new UsageError(`invalid value "${upstream}" for --upstream: expected ${AN_ORIGIN}`, { cause });
  }
  const idle = ownPageSetting(behaviourOf(flags));
  if (idle) throw new UsageError(`--${flagName(idle)} says what pages hold, but with --upstream those are its own`);
  if (flags["h2-port"] !== undefined) throw new UsageError("--h2-port has pages of its own; leave out --upstream");
}

/** What the flags say about the site itself. */
export async function siteOptions(flags: SiteFlags): Promise<SiteOptions> {
  return {
    behaviour: behaviourOf(flags),
    maxConcurrentRequests: flags["max-concurrent-requests"],
    whenFull: flags["when-full"],
    requestsPerSecond: flags["requests-per-second"],
    burst: flags.burst,
    limitPer: flags["limit-per"],
    refuseWith: flags["refuse-with"],
    rateLimitHeaders: flags["rate-limit-headers"],
    maxConnections: flags["max-connections"],
    journal: flags.journal,
    scenarios: flags.scenarios === undefined ? undefined : await readScenarios(flags.scenarios),
    accessLog: flags["access-log"],
    upstream: flags.upstream,
    upstreamTimeout: flags["upstream-timeout"],
  };
}

/** The behaviours in a file, each looked through. */
async function readScenarios(file: string): Promise<Record<string, unknown>> {
  try {
    const all = JSON.parse(await Deno.readTextFile(file));
    const { readSettings } = await import("../run_time.ts");
    for (const [name, scenario] of Object.entries(all)) {
      const read = readSettings(scenario);
      if (Array.isArray(read)) throw new Error(`scenario ${name}, ${read[0].loc[1]}: ${read[0].msg}`);
    }
    return all;
  } catch (cause) {
    throw new UsageError(`can't use --scenarios ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
