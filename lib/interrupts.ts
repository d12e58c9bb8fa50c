/**
 * Ctrl-C, and the other signals that ask a process to end: the first one ends the run in good order, the second one at once.
 *
 * @module
 */

/** Listens to the signals that ask a process to end. */
export class Interrupts implements Disposable {
  /** The exit code of the signal that came, 128 + its number; `undefined` while none has. */
  code: number | undefined;
  readonly #aborter = new AbortController();
  readonly #listeners: [Deno.Signal, () => void][] = [["SIGINT", () => this.#came(130)]];

  /** Starts listening. */
  constructor() {
    if (Deno.build.os !== "windows") this.#listeners.push(["SIGTERM", () => this.#came(143)]);
    if (isHangupHeard()) this.#listeners.push(["SIGHUP", () => this.#came(129)]);
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }

  #came(code: number): void {
    if (this.code !== undefined) Deno.exit(code);
    this.code = code;
    this.#aborter.abort();
  }
}

/**
 * Whether a hangup (the terminal is closed, the connection to it lost) is to end the run. Not under `nohup`, which has it
 * ignored: to listen to it would undo that. Where the system doesn't say, `nohup` is told by there being no terminal.
 */
function isHangupHeard(): boolean {
  if (Deno.build.os === "windows") return false;
  try {
    const [, ignored] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status")) ?? [];
    if (ignored !== undefined) return (BigInt(`0x${ignored}`) & 1n) === 0n;
  } catch {
    // No /proc, or no permission to read it
  }
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}
