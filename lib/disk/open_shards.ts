/**
 * What writes shards, by their format; loaded only where there are any.
 *
 * @module
 */

import type { SharedShards } from "../core/shards.ts";
import type { SaverOptions } from "./save.ts";
import type { Sending } from "./send_shard.ts";
import { ShardStore } from "./shard_store.ts";

/**
 * Gets ready to write shards.
 *
 * @param shards What they are to be.
 * @param sending Where whole ones go. Default: they stay in the folder.
 * @returns Makes what bodies go to.
 */
export async function shardStore(shards: SharedShards, sending?: Sending): Promise<Required<SaverOptions>["store"]> {
  const writer = shards.format === "tar"
    ? new (await import("./tar_writer.ts")).TarWriter()
    : new (await import("./warc_writer.ts")).WarcWriter();
  return (parts) => new ShardStore(parts, shards, { writer, sending });
}
