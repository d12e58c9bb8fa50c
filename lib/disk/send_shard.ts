/**
 * A shard goes to where whole bodies go, a bucket for example, once it has its name in the folder, and leaves the folder only
 * when it is there. So a run that is killed at any moment leaves it in one of the two, or in both, and then it is sent again.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";
import { BodyHash } from "./body_check.ts";
import type { Destination } from "./destination.ts";
import { infoOf } from "./finish_shard.ts";
import { remove } from "./resume_store.ts";

/** Where whole shards go. */
export interface Sending {
  /** Takes them. */
  destination: Destination;
  /** Ends it: what isn't there yet stays in the folder, and the next run sends it. Default: nothing does. */
  signal?: AbortSignal;
}

/**
 * Sends a shard that has its name. If another isolate has sent it meanwhile, that was the same.
 *
 * @param folder The folder that it is in.
 * @param shard Its name.
 * @param sending Where it goes.
 * @throws {CannotWriteError} If it can't be sent, also because something else has its name there.
 */
export async function sendShard(folder: string, shard: string, { destination, signal }: Sending): Promise<void> {
  const path = `${folder}/${shard}`;
  const info = infoOf(path);
  if (info === undefined || signal?.aborted) return;
  try {
    // By what it holds: what has this name there is this shard, or is never replaced
    const hash = await BodyHash.begin(["sha256"]);
    await hash.readFile(path);
    const to = { file: shard, key: `${shard} ${hash.end().sha256}`, naming: "plain" as const, replaces: false, signal };
    if (!await destination.put({ path, size: info.size }, to)) {
      throw new Error("something else has that name there; move it away");
    }
    remove(path);
  } catch (cause) {
    if (signal?.aborted) return;
    if (cause instanceof Deno.errors.NotFound && infoOf(path) === undefined) return;
    throw cause instanceof CannotWriteError ? cause : new CannotWriteError(`cannot save the shard ${shard}`, { cause });
  }
}
