/**
 * A shard becomes whole: it gets its end, is forced to the disk, and gets its name.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";
import type { ShardFormat } from "../core/shards.ts";
import { writeAllSync } from "./body_writer.ts";
import { placeFile } from "./place_file.ts";
import { UNFINISHED } from "./shard_names.ts";
import { STATE_FOLDER } from "./state_folder.ts";
import { TAR_END } from "./tar.ts";

/** The bytes that a shard ends with. */
export function trailerOf(format: ShardFormat): Uint8Array {
  return format === "tar" ? TAR_END : new Uint8Array();
}

/**
 * Gives a shard its end and its name, in which it is whole. Whatever moment this is interrupted at, it can be done again, and
 * whoever else is at the same does the same.
 *
 * @param folder The output folder.
 * @param shard The shard's name.
 * @param end Where what is known of it ends; the rest is cut off.
 * @param format Its format.
 * @throws {CannotWriteError} If that can't be done, also because something else has its name.
 */
export async function finishShard(folder: string, shard: string, end: number, format: ShardFormat): Promise<void> {
  const path = `${folder}/${STATE_FOLDER}/${shard}${UNFINISHED}`;
  const name = `${folder}/${shard}`;
  try {
    if (hasItsName(path, name)) return;
    if (end === 0) return Deno.removeSync(path);
    await endWith(path, end, trailerOf(format));
    // Meanwhile another isolate may have been at the same, up to any step of it
    if (!hasItsName(path, name) && !placeFile(path, { folder, file: shard, replaces: false })) hasItsName(path, name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound && infoOf(name) !== undefined) return;
    throw new CannotWriteError(`cannot finish the shard ${name}`, { cause });
  }
}

/**
 * Whether a shard has got its name already. Then what it was called before is removed.
 *
 * @param path What it is called while it isn't whole.
 * @param name Its name.
 * @throws {Error} If something else has that.
 */
export function hasItsName(path: string, name: string): boolean {
  const named = infoOf(name);
  if (named === undefined) return false;
  const here = infoOf(path);
  if (here === undefined) return true;
  if (named.ino === null || named.ino !== here.ino || named.dev !== here.dev) {
    throw new Error("something else has that name; move it away");
  }
  Deno.removeSync(path);
  return true;
}

async function endWith(path: string, end: number, trailer: Uint8Array): Promise<void> {
  using file = Deno.openSync(path, { read: true, write: true });
  if (!hasEnd(file, end, trailer)) {
    file.truncateSync(end);
    file.seekSync(end, Deno.SeekMode.Start);
    writeAllSync(file, trailer);
  }
  await file.syncData(); // a gigabyte takes seconds, and others have work meanwhile
}

/** Whether a shard has its end. Then it may have its name already, and isn't touched. */
function hasEnd(file: Deno.FsFile, end: number, trailer: Uint8Array): boolean {
  if (file.statSync().size !== end + trailer.length) return false;
  const there = new Uint8Array(trailer.length + 1);
  file.seekSync(end, Deno.SeekMode.Start);
  return (file.readSync(there) ?? 0) === trailer.length && trailer.every((byte, at) => byte === there[at]);
}

/** What is there, itself and not what it leads to; undefined if nothing is. */
export function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
