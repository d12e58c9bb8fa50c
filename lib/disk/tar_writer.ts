/**
 * How bodies are written in a tar: each as a member, and behind it one of JSON with the same key that says where it is from.
 *
 * @module
 */

import { FilePieces } from "./file_pieces.ts";
import type { Member, ShardWriter } from "./shard_store.ts";
import { memberName } from "./shard_names.ts";
import { MOST_HEADER, padded, writeHeader } from "./tar.ts";

/** Bytes at first of the memory that members are put together in; it grows to what the largest takes. */
const FIRST_ROOM = 65_536;

const ENCODER = new TextEncoder();

/** Writes tars. */
export class TarWriter implements ShardWriter {
  #room = new Uint8Array(FIRST_ROOM);

  /** A tar has nothing before its first member. */
  header(): Uint8Array {
    return new Uint8Array();
  }

  /** Puts a member together. */
  pack(member: Member, body: Uint8Array): Uint8Array {
    const text = describe(member);
    const into = this.#roomFor(2 * MOST_HEADER + padded(body.length) + padded(3 * text.length));
    const from = writeHeader(into, 0, headerOf(member));
    into.set(body, from);
    const to = from + padded(body.length);
    into.fill(0, from + body.length, to);
    return into.subarray(0, writeText(into, to, member, text));
  }

  /** Reads a member from its file. */
  async *packFile(member: Member, path: string): AsyncGenerator<Uint8Array, void> {
    const text = describe(member);
    const into = this.#roomFor(2 * MOST_HEADER + padded(3 * text.length));
    yield into.subarray(0, writeHeader(into, 0, headerOf(member)));
    yield* new FilePieces(path, member.size);
    const gap = padded(member.size) - member.size;
    into.fill(0, 0, gap);
    yield into.subarray(0, writeText(into, gap, member, text));
  }

  #roomFor(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes > this.#room.length) this.#room = new Uint8Array(bytes);
    return this.#room;
  }
}

function describe({ shard, name, size, sha256, target }: Member): string {
  return target.describe?.({ file: shard, member: name, size, ...sha256 !== undefined && { sha256 } }) ?? "{}";
}

function headerOf({ name, size, target }: Member) {
  return { name, size, seconds: (target.modifiedMs ?? Date.now()) / 1_000 };
}

/** Writes what is said of a member, and returns where that ends. */
function writeText(into: Uint8Array, at: number, member: Member, text: string): number {
  const bytes = ENCODER.encode(text);
  const name = `${memberName(member.name).key}.json`;
  const from = writeHeader(into, at, { ...headerOf(member), name, size: bytes.length });
  into.set(bytes, from);
  const to = from + padded(bytes.length);
  into.fill(0, from + bytes.length, to);
  return to;
}
