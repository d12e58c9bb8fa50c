/**
 * Lines at the bottom of a terminal that are drawn again five times per second, by a timer and never by what they show.
 *
 * @module
 */

import { PROGRESS_REDRAW_MS } from "../../constants.ts";
import { Ticker } from "../core/timer.ts";

/** Options of {@linkcode showBars}. */
export interface BarsOptions {
  /** Leave the lines standing in the end. Default: false, they are wiped away. */
  keep?: boolean;
}

/**
 * Shows lines on standard error, which must be a terminal, until disposed of.
 *
 * The first drawing waits one interval, so that a run that is over by then shows nothing. The cursor stays visible and
 * lines fit the terminal, so there is no mode to restore when the process is ended at once.
 *
 * @param lines Each is asked what it says now, for a number of columns that it must keep to.
 * @param options What becomes of them in the end.
 * @returns Ends the showing when disposed of.
 */
export function showBars(
  lines: readonly ((columns: number) => string)[],
  { keep = false }: BarsOptions = {},
): Disposable {
  let isDrawn = false;
  // The cursor is left at the end of the last line.
  const toFirstLine = () => !isDrawn ? "" : lines.length > 1 ? `\r\x1b[${lines.length - 1}A` : "\r";
  const draw = () => {
    const width = columns();
    write(toFirstLine() + lines.map((line) => line(width) + "\x1b[K").join("\n")); // EL: clears the rest of the line
    isDrawn = true;
  };
  const stop = () => {
    ticker.stop();
    globalThis.removeEventListener("unload", stop);
    if (!isDrawn) return;
    if (keep) draw();
    write(keep ? "\n" : `${toFirstLine()}\x1b[J`); // ED: clears from here to the end of the screen
    isDrawn = false; // may be disposed of again, after others have written
  };
  const ticker = new Ticker(PROGRESS_REDRAW_MS, draw);
  ticker.start();
  globalThis.addEventListener("unload", stop); // Deno.exit() in the middle
  return { [Symbol.dispose]: stop };
}

function write(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  } catch {
    // The terminal has been closed: the run ends in good order or goes on without it, as in print.ts
  }
}

/** Columns to write in: room is left for the `^C` that a terminal adds, which would break the line. */
function columns(): number {
  return Math.max((consoleColumns() || 80) - 3, 1);
}

function consoleColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 0; // the terminal has been closed
  }
}
