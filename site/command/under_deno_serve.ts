/**
 * `deno serve server.ts`: Deno itself listens then, and `import.meta.main` is true as well.
 *
 * @module
 */

import { UsageError } from "../../lib/core/errors.ts";
import { FLAGS, type SiteFlags } from "./flags.ts";

/** Whether `deno serve` runs this process. It doesn't say so itself; the command line does, where it can be read. */
export function underDenoServe(): boolean {
  if (Deno.build.os !== "linux") return Deno.env.has("DENO_SERVE");
  if (Deno.permissions.querySync({ name: "read" }).state !== "granted") return false;
  try {
    const words = Deno.readTextFileSync("/proc/self/cmdline").split("\0");
    return words.indexOf("serve") === words.findIndex((word, i) => i > 0 && !word.startsWith("-"));
  } catch (error) {
    // Only --allow-all allows reading there. With less, `deno run` is assumed.
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/** Flags about how to listen, which is Deno's business then. */
const OURS = ["hosts", "tls", "tls-fault", "ca-file", "h2-port", "upstream"] as const;

/** Refuses flags that would do nothing. */
export function refuseUnderDenoServe(flags: SiteFlags): void {
  const idle = OURS.find((name) => flags[name] !== FLAGS[name].default);
  if (idle) throw new UsageError(`--${idle} does nothing under deno serve; use deno run -A server.ts`);
}
