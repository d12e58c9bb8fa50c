/**
 * A terminal of any size to run a command in, and what is on its screen while the command runs.
 *
 * `script` (util-linux) provides the terminal, xterm.js works out what it shows.
 *
 * @module
 */

import xterm from "@xterm/headless";
import { COLOR_LEVELS } from "../lib/core/paint.ts";

/** What a terminal shows at a moment. */
export interface Frame {
  /** Milliseconds since the command was started. */
  atMs: number;
  /** The lines on the screen, without the empty ones at the end. */
  screen: string[];
  /** The same with their colours: each line as runs of one colour. */
  runs: Run[][];
}

/** Text of one colour. */
export interface Run {
  /** The text. */
  text: string;
  /** Its colour as `#rrggbb`; absent where it has none of its own. */
  color?: string;
  /** Whether it is bold; absent where it isn't. */
  bold?: true;
}

/** How {@linkcode inTerminal} runs a command. */
export interface TerminalOptions {
  /** Width in characters. Default: 80. */
  columns?: number;
  /** Height in lines. Default: 24. */
  rows?: number;
  /** Typed each time the screen has changed. Default: nothing. */
  type?: (screen: string[]) => string | undefined;
  /** Environment variables besides the process's own. Default: none. */
  env?: Record<string, string>;
}

/** What came of a command in a terminal. */
export interface TerminalRun {
  /** Its exit code. */
  code: number;
  /** Every change of the screen; the last is what stays. */
  frames: Frame[];
}

/** Whether commands can be run in a terminal here: `script` is util-linux's only on Linux. */
export const hasTerminal = Deno.build.os === "linux";

/**
 * Runs a command in a terminal.
 *
 * @param command A program and its arguments.
 * @param options Size, what is typed, environment.
 * @returns Its exit code and what it showed.
 */
export async function inTerminal(command: readonly string[], options: TerminalOptions = {}): Promise<TerminalRun> {
  const { columns: cols = 80, rows = 24, type = () => undefined, env } = options;
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true, scrollback: 10_000 });
  const start = performance.now();
  const line = `stty cols ${cols} rows ${rows}; exec ${command.map(quote).join(" ")}`;
  const script = new Deno.Command("script", {
    args: ["--quiet", "--return", "--flush", "--command", line, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
    env,
  }).spawn();
  const keyboard = script.stdin.getWriter();
  const frames: Frame[] = [];
  for await (const chunk of script.stdout) {
    await new Promise<void>((written) => terminal.write(chunk, written));
    const runs = runsOf(terminal);
    const screen = runs.map((line) => line.map(({ text }) => text).join(""));
    frames.push({ atMs: performance.now() - start, screen, runs });
    const typed = type(screen);
    if (typed) await keyboard.write(new TextEncoder().encode(typed));
  }
  await keyboard.close();
  const { code } = await script.status;
  terminal.dispose();
  return { code, frames };
}

function runsOf({ buffer, cols }: xterm.Terminal): Run[][] {
  const lines = Array.from({ length: buffer.active.length }, (_, y) => {
    const line = buffer.active.getLine(y);
    const end = line?.translateToString(true, 0, cols).length ?? 0;
    const runs: Run[] = [];
    for (let x = 0; x < end; x++) {
      const cell = line?.getCell(x);
      if (!cell || cell.getWidth() === 0) continue; // the second half of a wide character
      const text = cell.getChars() || " ";
      const color = cell.isFgPalette() ? colorOf(cell.getFgColor()) : undefined;
      const bold = cell.isBold() ? true : undefined;
      const last = runs.at(-1);
      if (last && last.color === color && last.bold === bold) last.text += text;
      else runs.push({ text, ...color !== undefined && { color }, ...bold && { bold } });
    }
    return runs;
  });
  return lines.slice(0, lines.findLastIndex((runs) => runs.length > 0) + 1);
}

/** One of the colours 16 to 231, a cube whose sides have six levels. The first 16 are as each terminal has them. */
function colorOf(number: number): string | undefined {
  if (number < 16 || number > 231) return undefined;
  const parts = [36, 6, 1].map((size) => COLOR_LEVELS[Math.floor((number - 16) / size) % 6]);
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
