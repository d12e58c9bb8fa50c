/**
 * Members of a tar archive, as POSIX.1-1988 (ustar) and POSIX.1-2001 (pax) lay them out: a header of 512 bytes, the bytes, and
 * zeros up to the next multiple of 512.
 *
 * Written here because the libraries that there are make a stream of each archive, which costs more than the archive, or don't
 * take names that aren't ASCII; and because there is no more to it than this.
 *
 * @module
 */

/** Bytes of a header, and of what everything is a multiple of. */
export const BLOCK = 512;

/** What ends an archive. */
export const TAR_END: Uint8Array<ArrayBuffer> = new Uint8Array(2 * BLOCK);

/** Bytes that a header has at most for names of up to 4,096 bytes, with the one before it that says the name. */
export const MOST_HEADER: number = 2 * BLOCK + 4_608;

/** What there is to say of a member. */
export interface TarMember {
  /** Its path. */
  name: string;
  /** Its bytes. */
  size: number;
  /** When it was modified, in seconds since the epoch. */
  seconds: number;
}

/** The fields of a header: where they are, and how long. */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  user: [108, 8],
  group: [116, 8],
  size: [124, 12],
  time: [136, 12],
  sum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

/** A size from which on eleven octal digits don't hold it. */
const LARGE = 8 ** 11;

const ENCODER = new TextEncoder();

/** The bytes that a member takes without its headers: with the zeros behind it. */
export function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/**
 * Writes the header of a member.
 *
 * @param into Where to; it has {@linkcode MOST_HEADER} bytes from there on.
 * @param at Where in it.
 * @param member The member.
 * @returns Where the header ends, and the member's bytes begin.
 */
export function writeHeader(into: Uint8Array, at: number, { name, size, seconds }: TarMember): number {
  const parts = split(name);
  if (parts !== undefined) return writeBlock(into, at, { ...parts, size, seconds, type: "0" });
  const record = pathRecord(name);
  const from = writeBlock(into, at, { name: "PaxHeader", prefix: "", size: record.length, seconds, type: "x" });
  into.set(record, from);
  const to = from + padded(record.length);
  into.fill(0, from + record.length, to);
  // What doesn't know pax gets a name that is as near as it can be
  const near = name.slice(name.lastIndexOf("/") + 1).replaceAll(/[^\x20-\x7e]/g, "_").slice(-FIELD.name[1]);
  return writeBlock(into, to, { name: near, prefix: "", size, seconds, type: "0" });
}

/** A name in the two fields that a header has for it; undefined if it doesn't fit, or isn't ASCII. */
function split(name: string): { name: string; prefix: string } | undefined {
  if (!/^[\x20-\x7e]*$/.test(name)) return undefined;
  if (name.length <= FIELD.name[1]) return { name, prefix: "" };
  const at = name.indexOf("/", name.length - FIELD.name[1] - 1);
  if (at < 1 || at > FIELD.prefix[1] || at === name.length - 1) return undefined;
  return { name: name.slice(at + 1), prefix: name.slice(0, at) };
}

/** The record of pax that says a name. Its length counts its own digits, too. */
function pathRecord(name: string): Uint8Array {
  const rest = ` path=${name}\n`;
  const bytes = ENCODER.encode(rest).length;
  let length = bytes + 1;
  while (length !== bytes + String(length).length) length = bytes + String(length).length;
  return ENCODER.encode(`${length}${rest}`);
}

function writeBlock(
  into: Uint8Array,
  at: number,
  { name, prefix, size, seconds, type }: TarMember & { prefix: string; type: string },
): number {
  const block = into.subarray(at, at + BLOCK);
  block.fill(0);
  ENCODER.encodeInto(name, block);
  if (prefix !== "") ENCODER.encodeInto(prefix, block.subarray(FIELD.prefix[0]));
  writeOctal(block, FIELD.mode, 0o644);
  writeOctal(block, FIELD.user, 0);
  writeOctal(block, FIELD.group, 0);
  if (size < LARGE) writeOctal(block, FIELD.size, size);
  else writeBinary(block, FIELD.size, size);
  writeOctal(block, FIELD.time, Math.min(Math.max(0, Math.floor(seconds)), LARGE - 1));
  block[FIELD.type[0]] = type.charCodeAt(0);
  ENCODER.encodeInto("ustar\x0000", block.subarray(FIELD.magic[0]));
  block.fill(0x20, FIELD.sum[0], FIELD.sum[0] + FIELD.sum[1]); // counted as spaces
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += block[i];
  writeOctal(block, [FIELD.sum[0], FIELD.sum[1] - 1], sum);
  return at + BLOCK;
}

/** Octal digits that fill a field but for the zero at its end. */
function writeOctal(block: Uint8Array, [from, length]: readonly [number, number], value: number): void {
  block[from + length - 1] = 0;
  let rest = value;
  for (let at = from + length - 2; at >= from; at--) {
    block[at] = 0x30 + rest % 8;
    rest = Math.floor(rest / 8);
  }
}

/** A large number as GNU tar, star and Python write it: a bit that says so, and its bytes. */
function writeBinary(block: Uint8Array, [from, length]: readonly [number, number], value: number): void {
  let rest = value;
  for (let at = from + length - 1; at > from; at--) {
    block[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  block[from] = 0x80;
}
