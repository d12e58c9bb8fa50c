/**
 * `deno serve server.ts`: Deno itself listens then, and `import.meta.main` is true as well.
 *
 * @module
 */

import { variable } from "../../lib/core/env.ts";
import { UsageError } from "../../lib/core/errors.ts";
import { FLAGS, type SiteFlags } from "./flags.ts";

/** What tells whether `deno serve` runs a process: on Linux the command line, elsewhere a variable. */
export interface Process {
  /** The system. */
  os: typeof Deno.build.os;
  /** Whether the variable `DENO_SERVE` is set. */
  isSet: () => boolean;
  /** The words of the command line; undefined where it can't be read. */
  commandLine: () => string[] | undefined;
}

const THIS: Process = {
  os: Deno.build.os,
  isSet: () => variable("DENO_SERVE") !== undefined,
  commandLine() {
    if (Deno.permissions.querySync({ name: "read" }).state !== "granted") return undefined;
    try {
      return Deno.readTextFileSync("/proc/self/cmdline").split("\0");
    } catch (error) {
      // Only --allow-all allows reading there. With less, `deno run` is assumed.
      if (error instanceof Deno.errors.NotCapable) return undefined;
      throw error;
    }
  },
};

/**
 * Whether `deno serve` runs a process. It doesn't say so itself.
 *
 * @param process What tells it. Default: this process.
 */
export function underDenoServe({ os, isSet, commandLine } = THIS): boolean {
  if (os !== "linux") return isSet();
  const words = commandLine();
  return words !== undefined && words.indexOf("serve") === words.findIndex((word, i) => i > 0 && !word.startsWith("-"));
}

/** Flags about how to listen, which is Deno's business then. */
const OURS = ["hosts", "tls", "tls-fault", "ca-file", "h2-port", "upstream"] as const;

/** Refuses flags that would do nothing. */
export function refuseUnderDenoServe(flags: SiteFlags): void {
  const idle = OURS.find((name) => flags[name] !== FLAGS[name].default);
  if (idle) throw new UsageError(`--${idle} does nothing under deno serve; use deno run -A server.ts`);
}
