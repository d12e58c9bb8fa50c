/**
 * Lines at the bottom of a terminal that are drawn again five times a second, by a timer and never by what they show.
 *
 * @module
 */

import { PROGRESS_REDRAW_MS } from "../../constants.ts";

/** What {@linkcode showBars} can be told. */
export interface BarsOptions {
  /** Leave the lines standing in the end. Default: false, they are wiped away. */
  keep?: boolean;
}

/**
 * Shows lines on standard error, which must be a terminal, until disposed of.
 *
 * The first drawing waits one interval, so that a run that is over by then shows nothing and loads nothing. The cursor stays
 * visible and lines fit the terminal, so there is no mode to restore when the process is ended at once.
 *
 * @param lines Each is asked what it says now, for a number of columns that it must keep to.
 * @param options What becomes of them in the end.
 * @returns Ends the showing when disposed of.
 */
export function showBars(
  lines: readonly ((columns: number) => string)[],
  { keep = false }: BarsOptions = {},
): Disposable {
  let stop: (() => void) | undefined;
  let ended = false;
  const timer = setTimeout(async () => {
    const { MultiBar } = await import("cli-progress");
    if (ended) return;
    const bars = new MultiBar({
      fps: 1_000 / PROGRESS_REDRAW_MS,
      forceRedraw: true,
      clearOnComplete: !keep,
      gracefulExit: false, // or Ctrl-C would end up there instead of ending the run
      linewrap: true,
    });
    for (const line of lines) bars.create(1, 0, {}, { format: () => line(columns()) });
    stop = () => bars.stop();
    globalThis.addEventListener("unload", stop); // Deno.exit() in the middle
  }, PROGRESS_REDRAW_MS);
  return {
    [Symbol.dispose]() {
      ended = true;
      clearTimeout(timer);
      if (!stop) return;
      globalThis.removeEventListener("unload", stop);
      stop();
    },
  };
}

/** Columns to write in: room is left for the `^C` that a terminal adds, which would break the line. */
function columns(): number {
  return Math.max((Deno.consoleSize().columns || 80) - 3, 1);
}
