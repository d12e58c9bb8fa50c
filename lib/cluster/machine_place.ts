/**
 * Where a machine saves: goes with each partition that it takes, so that a report can say which machine has a file, also when
 * that machine is gone.
 *
 * @module
 */

import { isRecord } from "./packed.ts";

/** Characters of a host's name at most (RFC 1035 §2.3.4). */
const MOST_HOST = 255;

/** Characters of a path at most: as most systems have it. */
const MOST_FOLDER = 4_096;

/** Where a machine saves. */
export interface MachinePlace {
  /** The name of its host. Default: that isn't known. */
  host?: string;
  /** The path of its output folder. Default: it saves nothing, or that isn't known. */
  folder?: string;
}

/**
 * Says where a machine saves.
 *
 * @param host The name of its host, if it is known.
 * @param folder The path of its output folder, if it saves.
 * @returns What of that can be told; undefined if nothing can. What is too long is left out: a part of it would mislead.
 */
export function placeOf(host: string | undefined, folder: string | undefined): MachinePlace | undefined {
  const place: MachinePlace = {};
  if (isText(host, MOST_HOST)) place.host = host;
  if (isText(folder, MOST_FOLDER)) place.folder = folder;
  return Object.keys(place).length > 0 ? place : undefined;
}

/**
 * Reads what a machine wrote.
 *
 * @param data Plain data, of whatever origin.
 * @throws {Error} If it is anything else.
 */
export function readPlace(data: unknown): MachinePlace {
  if (!isRecord(data)) throw new Error("a place is none");
  const { host, folder } = data;
  const isWrong = (value: unknown, most: number) => value !== undefined && !isText(value, most);
  if (isWrong(host, MOST_HOST) || isWrong(folder, MOST_FOLDER)) throw new Error("a place has no host or folder");
  return placeOf(host as string | undefined, folder as string | undefined) ?? {};
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value !== "" && value.length <= most;
}
