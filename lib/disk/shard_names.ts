/**
 * What shards and what is in them are called.
 *
 * Shards are numbered, as WebDataset's are. A member of one is `KEY.ENDING`, and beside it is `KEY.json`, which says where it
 * is from: whoever reads shards puts what has the same key together, and takes everything up to the first dot of a name for
 * its key. So keys have no dot in them, and each is of one member only.
 *
 * @module
 */

import type { ShardFormat } from "../core/shards.ts";
import { EXTENSION } from "./file_name.ts";

/** What the names of shards end in. */
const ENDINGS = { tar: ".tar", warc: ".warc.gz" } as const satisfies Record<ShardFormat, string>;

/** The end of a shard's name in the state folder, while it isn't whole. */
export const UNFINISHED = ".shard";

/** A shard, and how far in it something ends; numbers as they are written here, since a journal from elsewhere might lead anywhere. */
const PLACE = /^((\d{5,15})(\.tar|\.warc\.gz)):(\d{1,15})$/;

/** Where in a shard something ends. */
export interface ShardPlace {
  /** The shard's name. */
  shard: string;
  /** Its number. */
  number: number;
  /** Its format. */
  format: ShardFormat;
  /** Bytes of the shard up to the end of it. */
  end: number;
}

/** A member's name in two parts. */
export interface MemberName {
  /** What no other member has. */
  key: string;
  /** What it ends in, without the dot. */
  ending: string;
}

/** The name of a shard: `00007.tar`. */
export function shardName(number: number, format: ShardFormat): string {
  return `${String(number).padStart(5, "0")}${ENDINGS[format]}`;
}

/** The number of a shard that has such a name in the state folder; undefined for the names of anything else. */
export function unfinishedNumber(name: string, format: ShardFormat): number | undefined {
  if (!name.endsWith(UNFINISHED)) return undefined;
  const place = readPlace(`${name.slice(0, -UNFINISHED.length)}:0`);
  return place?.format === format ? place.number : undefined;
}

/** A place as the journal has it. */
export function placeText({ shard, end }: Pick<ShardPlace, "shard" | "end">): string {
  return `${shard}:${end}`;
}

/** Reads a place; undefined if it is none. */
export function readPlace(text: string): ShardPlace | undefined {
  const [, shard, digits, ending, end] = PLACE.exec(text) ?? [];
  if (shard === undefined) return undefined;
  const format = ending === ENDINGS.tar ? "tar" : "warc";
  const number = Number(digits);
  return shardName(number, format) === shard ? { shard, number, format, end: Number(end) } : undefined;
}

/**
 * The name that a member has instead of a file's.
 *
 * @param name A safe name or path. A member's name stays as it is.
 */
export function memberName(name: string): MemberName {
  const from = name.lastIndexOf("/") + 1;
  const data = name.endsWith(".data.json") ? ".data.json" : undefined;
  const extension = data ?? EXTENSION.exec(name.slice(from))?.[0] ?? "";
  const key = name.slice(0, from) + name.slice(from, name.length - extension.length).replaceAll(".", "_");
  const ending = extension.slice(1).toLowerCase() || "bin";
  return { key, ending: ending === "json" ? "data.json" : ending };
}
