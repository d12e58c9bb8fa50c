/**
 * Whether requests go through a proxy.
 *
 * @module
 */

import type { Settings } from "./settings.ts";

/** The variables that `fetch` looks for a proxy in, in capitals too. */
const VARIABLES = ["http_proxy", "https_proxy", "all_proxy"];

/**
 * Whether requests may go through a proxy, so that only `fetch` knows the way.
 *
 * @param settings What the run was told.
 * @returns `true` also when that can't be known, because the environment may not be read.
 */
export function mayBeProxied({ proxy }: Pick<Settings, "proxy">): boolean {
  return proxy !== undefined || VARIABLES.flatMap((name) => [name, name.toUpperCase()]).some(mayBeSet);
}

function mayBeSet(variable: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state !== "granted" || Boolean(Deno.env.get(variable));
}
