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
    if (Deno.build.os !== "windows") {
      // The last one is heard in any case: where Deno listens to any signal, it ends itself by a hangup that was to be ignored
      const hangUp = isHangupIgnored() ? () => {} : () => this.#came(129);
      this.#listeners.push(["SIGTERM", () => this.#came(143)], ["SIGHUP", hangUp]);
    }
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
 * Whether a hangup (the terminal is closed, or the connection to it lost) is to be ignored, as `nohup` says before it starts a
 * command. Where the system doesn't tell, `nohup` is taken for granted when there is no terminal, which is what it sees to.
 */
function isHangupIgnored(): boolean {
  try {
    const [, ignored] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status")) ?? [];
    if (ignored !== undefined) return (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    // No /proc, or no permission to read it
  }
  return ![Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}
