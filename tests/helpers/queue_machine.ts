/**
 * `download.ts --queue` in a process of its own, with what only a test may set: `queue_machine.ts SETTINGS FLAGS...`, the
 * settings as JSON.
 *
 * @module
 */

import { download } from "../../download.ts";
import { command } from "../../lib/cli/command.ts";
import { readOptions } from "../../lib/cli/options.ts";
import { runOnMany } from "../../lib/cli/queue_run.ts";
import { UsageError } from "../../lib/core/errors.ts";

const [settings, ...args] = Deno.args;

Deno.exit(
  await command("download.ts", async (signal) => {
    const { queue, ...options } = readOptions(download, args);
    if (queue === undefined) throw new UsageError("name a broker");
    return await runOnMany(download, { ...options, queue, signal, ...JSON.parse(settings) });
  }),
);
