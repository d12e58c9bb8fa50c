/**
 * What writes shards, by their format; loaded only where there are any.
 *
 * @module
 */

import type { SharedShards } from "../core/shards.ts";
import type { SaverOptions } from "./save.ts";
import { ShardStore } from "./shard_store.ts";

/**
 * Gets ready to write shards.
 *
 * @param shards What they are to be.
 * @returns Makes what bodies go to.
 */
export async function shardStore(shards: SharedShards): Promise<Required<SaverOptions>["store"]> {
  const writer = shards.format === "tar"
    ? new (await import("./tar_writer.ts")).TarWriter()
    : new (await import("./warc_writer.ts")).WarcWriter();
  return (parts) => new ShardStore(parts, shards, writer);
}
