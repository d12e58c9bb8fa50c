/**
 * Ctrl-C, and the other signals that ask a process to end: the first one ends the run in good order, the second one at once.
 *
 * @module
 */

/**
 * How long after the first signal another one is the same request. Ctrl-C goes to every process of a terminal's group, and
 * what started this one, `npx` for example, may pass it on as well. Nobody asks again that fast.
 */
const SAME_MS = 500;

/** What a process is told by. */
export interface System {
  /** The operating system, as `Deno.build.os`. */
  os: typeof Deno.build.os;
  /** Milliseconds since some moment. */
  now: () => number;
  /** Ends the process. */
  exit: (code: number) => void;
  /** Starts listening to a signal. */
  listen: (signal: Deno.Signal, listener: () => void) => void;
  /** Stops listening. */
  unlisten: (signal: Deno.Signal, listener: () => void) => void;
}

const THIS: System = {
  os: Deno.build.os,
  now: () => performance.now(),
  exit: Deno.exit,
  listen: Deno.addSignalListener,
  unlisten: Deno.removeSignalListener,
};

/** Listens to the signals that ask a process to end. */
export class Interrupts implements Disposable {
  /** The exit code of the signal that came, 128 + its number; `undefined` while none has. */
  code: number | undefined;
  readonly #aborter = new AbortController();
  readonly #listeners: [Deno.Signal, () => void][] = [["SIGINT", () => this.#came(130)]];
  readonly #system: System;
  #cameAt = 0;

  /**
   * Starts listening.
   *
   * @param system What tells of signals. Default: this process.
   */
  constructor(system: System = THIS) {
    this.#system = system;
    if (system.os === "windows") {
      // Windows has no signals. Deno calls Ctrl-Break SIGBREAK, and the closing of the window SIGHUP
      this.#listeners.push(["SIGBREAK", () => this.#came(130)], ["SIGHUP", () => this.#came(129)]);
    } else {
      // The last one is heard in any case: where Deno listens to any signal, it ends itself by a hangup that was to be ignored
      const hangUp = isHangupIgnored() ? () => {} : () => this.#came(129);
      this.#listeners.push(["SIGTERM", () => this.#came(143)], ["SIGHUP", hangUp]);
    }
    for (const [signal, listener] of this.#listeners) system.listen(signal, listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) this.#system.unlisten(signal, listener);
  }

  #came(code: number): void {
    const now = this.#system.now();
    if (this.code !== undefined) {
      if (code !== this.code || now - this.#cameAt >= SAME_MS) this.#system.exit(code);
      return;
    }
    this.code = code;
    this.#cameAt = now;
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
