/** What a run may have of the file descriptors, and how its isolates share it. */

import { assertEquals } from "@std/assert";
import { WORKER_CONNECTIONS } from "../../constants.ts";
import type { Settings, StrategyOptions } from "../../lib/core/settings.ts";
import { descriptorBudget } from "../../lib/engine/descriptor_budget.ts";
import { openFilesLimit } from "../../lib/engine/open_files.ts";
import { strategy, type StrategyTraits } from "../../lib/engine/strategy.ts";

/** The settings that a strategy's idea gets. */
async function settingsOf(traits: Partial<StrategyTraits>, options: StrategyOptions): Promise<Settings> {
  let settings: Settings | undefined;
  const idle = strategy({ title: "idle", about: "", concurrency: 100_000, ...traits }, async (jobs, { session }) => {
    settings = session.settings;
    await jobs.next();
  });
  await idle([], () => {}, options);
  if (settings === undefined) throw new Error("The idea wasn't asked");
  return settings;
}

const workers = 4;
const limit = openFilesLimit();
const budget = descriptorBudget(limit, { isolates: workers, isSaving: false });

for (const ownConnections of [false, true]) {
  const name = ownConnections ? "with connections of its own" : "with HttpClients";
  Deno.test(`A strategy ${name} may have as many in flight as it says, and its isolates no more connections than there are`, async () => {
    const { concurrency, connections, workerConnections } = await settingsOf({ pools: true, ownConnections }, {
      workers,
    });
    assertEquals(concurrency, 100_000);
    if (limit === Infinity) return assertEquals([connections, workerConnections], [undefined, undefined]);
    const each = Math.floor(budget.inFlight / budget.isolates);
    const worker = ownConnections ? Math.min(each, WORKER_CONNECTIONS) : each;
    assertEquals(workerConnections?.inFlight, worker);
    assertEquals(connections?.inFlight, budget.inFlight - (budget.isolates - 1) * worker);
  });
}
