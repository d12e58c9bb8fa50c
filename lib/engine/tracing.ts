/**
 * The way to spans: their package is loaded only where somebody wants them.
 *
 * @module
 */

import { lazy } from "../core/lazy.ts";

/** What begins and ends spans. */
export type Tracing =
  & Pick<typeof import("./traced_download.ts"), "tracedDownload">
  & Pick<typeof import("./traced_run.ts"), "TracedRun">;

/**
 * Loads what spans take.
 *
 * @returns What begins and ends them.
 * @throws {CommandError} If the package can't be had.
 */
export async function loadTracing(): Promise<Tracing> {
  const what = "OTEL_DENO=true";
  const [run, download] = await Promise.all([
    lazy<typeof import("./traced_run.ts")>(import.meta.resolve("./traced_run.ts"), what),
    lazy<typeof import("./traced_download.ts")>(import.meta.resolve("./traced_download.ts"), what),
  ]);
  return { ...run, ...download };
}
