/**
 * How a server learns that it should stop.
 *
 * @module
 */

/** Signals that ask a process to end, and their numbers: Windows has Ctrl-C, Ctrl-Break and the window that is closed. */
export function stopSignals(os: typeof Deno.build.os): Partial<Record<Deno.Signal, number>> {
  return os === "windows" ? { SIGINT: 2, SIGBREAK: 2, SIGHUP: 1 } : { SIGINT: 2, SIGTERM: 15 };
}

/** How long another signal is the same request: see lib/cli/interrupts.ts. */
const SAME_MS = 500;

/**
 * Resolves at the first SIGINT or SIGTERM. From then on another one ends the process at once, with 128 plus the
 * signal's number, as in shells.
 *
 * @param options `onEof`: also resolve when standard input ends, which it does when the parent process that holds the
 * other end dies, however it dies. Default: false.
 */
export async function askedToStop(options: { onEof?: boolean } = {}): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let askedAt: number | undefined;
  for (const [signal, number] of Object.entries(stopSignals(Deno.build.os)) as [Deno.Signal, number][]) {
    Deno.addSignalListener(signal, () => {
      if (askedAt !== undefined && performance.now() - askedAt >= SAME_MS) Deno.exit(128 + number);
      askedAt ??= performance.now();
      resolve();
    });
  }
  if (options.onEof) Deno.stdin.readable.pipeTo(new WritableStream()).finally(resolve);
  await promise;
  askedAt ??= performance.now();
}
