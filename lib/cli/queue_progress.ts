/**
 * How far a whole run is, on each of its machines.
 *
 * @module
 */

import type { Run } from "../cluster/broker.ts";
import { RunView } from "../cluster/whole_run.ts";
import { BrokerError } from "../cluster/broker_error.ts";
import { wait } from "../cluster/partition_log.ts";
import { Meter } from "../core/meter.ts";
import { showProgress } from "../report/progress.ts";

/** Milliseconds between two looks at the run at least. */
const LOOK_MS = 2_000;

/** The same for each machine that works on it: all of them together must not keep the broker from its work. */
const LOOK_MS_PER_MACHINE = 100;

/**
 * Shows how far a run is until disposed of.
 *
 * @param run The run.
 * @param meter What this machine does, of which it shows what is in flight.
 * @param options Whether to show nothing.
 */
export function showWholeProgress(run: Run, meter: Meter, { quiet }: { quiet: boolean }): Disposable {
  if (quiet) return { [Symbol.dispose]() {} };
  const ending = new AbortController();
  const whole = Object.defineProperty(new Meter(), "inFlight", { get: () => meter.inFlight });
  const progress = showProgress(whole, {});
  void keepLooking(run, whole, ending.signal);
  return {
    [Symbol.dispose]() {
      ending.abort();
      progress[Symbol.dispose]();
    },
  };
}

async function keepLooking(run: Run, meter: Meter, signal: AbortSignal): Promise<void> {
  const view = new RunView(run);
  while (!signal.aborted) {
    try {
      const { found, isPublished, totals, figures } = await view.look({ machines: false });
      const { done, skipped, failed, bytes } = totals;
      Object.assign(meter, {
        asked: found,
        isRead: isPublished,
        done,
        skipped,
        failed,
        bytes,
        retries: figures.retries,
      });
      const machines = (await run.live.names()).length;
      await wait(Math.max(LOOK_MS, LOOK_MS_PER_MACHINE * machines), signal);
    } catch (error) {
      if (signal.aborted) return;
      // The work itself says what is wrong with the broker; what can't be read is said in the end
      if (!(error instanceof BrokerError)) throw error;
      await wait(LOOK_MS, signal).catch(() => {});
    }
  }
}
