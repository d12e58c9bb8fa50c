/**
 * What saves bodies, with what only shards and buckets need where there are any.
 *
 * @module
 */

import type { Saving } from "../core/settings.ts";
import { BodySaver, type ElsewhereOptions } from "./body_saver.ts";
import type { Session } from "./session.ts";

/**
 * Opens what saves bodies: to files of their own, to shards, or to a bucket.
 *
 * @param saving Where to save.
 * @param session How, and what ends it.
 * @returns What saves them.
 * @throws {CannotWriteError} If the folder can't be written, or the bucket can't be used.
 */
export async function openBodySaver(saving: Saving, session: Session): Promise<BodySaver> {
  const { settings, mayGoOn } = session;
  const { bucket, shards } = saving;
  const elsewhere = bucket === undefined && shards === undefined ? undefined : await openElsewhere(saving, session);
  return new BodySaver({ ...settings, ...saving, mayGoOn }, elsewhere);
}

async function openElsewhere(
  { bucket, shards, folder, state }: Saving,
  { settings, deadlines, signal }: Session,
): Promise<ElsewhereOptions> {
  const destination = bucket === undefined
    ? undefined
    : await import("./bucket_output.ts").then(({ openBucket }) => openBucket(bucket, `${folder}/${state}`, settings));
  if (shards === undefined) return { destination, deadlines };
  const [{ shardStore }, { originOf }] = await Promise.all([
    import("../disk/open_shards.ts"),
    import("./origin_of.ts"),
  ]);
  return { store: await shardStore(shards, destination && { destination, signal }), originOf, destination, deadlines };
}
