/**
 * What saves bodies, with what only shards need where there are any.
 *
 * @module
 */

import { BodySaver, type BodySaverOptions } from "./body_saver.ts";

/**
 * Opens what saves bodies: to files of their own, or to shards.
 *
 * @param options Where to save, and how.
 * @returns What saves them.
 * @throws {CannotWriteError} If the folder can't be written.
 */
export async function openBodySaver(options: BodySaverOptions): Promise<BodySaver> {
  const { shards } = options;
  if (shards === undefined) return new BodySaver(options);
  const [{ shardStore }, { originOf }] = await Promise.all([
    import("../disk/open_shards.ts"),
    import("./origin_of.ts"),
  ]);
  return new BodySaver(options, { store: await shardStore(shards), originOf });
}
