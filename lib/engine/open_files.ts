/**
 * How many file descriptors this process may have: a connection takes one, and so does an open file.
 *
 * @module
 */

/** What macOS lets a process have, whatever `ulimit` says (OPEN_MAX); Deno raises its own limit as far as that. */
const MACOS_LIMIT = 10_240;

let known: number | undefined;

/**
 * The limit, which is read once.
 *
 * @returns `Infinity` where there is none, or where it can't be read: Linux shows it only to a process that may read all.
 */
export function openFilesLimit(): number {
  return known ??= Deno.build.os === "linux" ? readLimit() : Deno.build.os === "darwin" ? MACOS_LIMIT : Infinity;
}

/** Deno has raised the soft limit to the hard one already, as it does at its start. */
function readLimit(): number {
  // Asked first, because reading without the permission would have a terminal ask somebody
  if (Deno.permissions.querySync({ name: "read" }).state !== "granted") return Infinity;
  try {
    return parseLimit(Deno.readTextFileSync("/proc/self/limits"));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound) return Infinity;
    throw error;
  }
}

/** Finds the soft limit in `/proc/self/limits` (proc_pid_limits(5)). */
export function parseLimit(limits: string): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? Infinity : Number(soft);
}
