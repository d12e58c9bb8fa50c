/**
 * What is kept of an unfinished body: its bytes (`.part`), and beside them what they are and that they are right (`.json`).
 *
 * The resume data is text. Its first line says which version of what the body is; each further line stands for a block of
 * bytes that has been written, and has its length and its sum; with `@` and its place before them if it doesn't begin where
 * the one before ends, because the body came in segments. All are checked before anything is resumed: so what a killed run
 * wrote last, what a power cut left as zeros, and what was damaged or swapped on disk, is fetched again, and never made part
 * of a file.
 *
 * @module
 */

import { BlockSum } from "./block_sum.ts";
import { FINGERPRINT_WORDS, fingerprintHex } from "./fingerprint.ts";
import type { Validator } from "./resume.ts";

/** What is written about an unfinished body has its URL, which may be a secret. */
export const OWNER_ONLY = { mode: 0o600 };

/** Bytes of a block: what is fetched twice at most when a run is killed. */
const BLOCK = 2 ** 20;

/** Bytes that are read at a time to check them, and how many before other work gets its turn: about 10 ms. */
const [READ, TURN] = [2 ** 18, 2 ** 24];

/** Bytes of a body that were written. */
export interface Block {
  /** Where they begin. */
  at: number;
  /** How many they are. */
  bytes: number;
  /** Their sum. */
  sum: string;
}

/** Resume data that can be believed. */
export interface ResumeData {
  /** What the body is. */
  validator: Validator;
  /** The first line. */
  head: string;
  /** The blocks from the beginning of the body on, each where the one before ends; as long as their lines are whole. */
  blocks: Block[];
  /** The other blocks: there is something missing before each. */
  others: Block[];
  /** Whether there is nothing else in it. */
  isRead: boolean;
  /** The same, and no line is a segment's. */
  isWhole: boolean;
}

/** Writes resume data as the bytes are written that it describes. */
export class ResumeDataWriter {
  readonly #path: string;
  readonly #seed: Uint32Array;
  #at: number;
  #sum: BlockSum;

  private constructor(path: string, head: string, at: number) {
    this.#path = path;
    this.#seed = seedOf(head);
    this.#at = at;
    this.#sum = new BlockSum(this.#seed, at);
  }

  /**
   * Begins the resume data of a body, in place of any other.
   *
   * @param path Its file.
   * @param key What was asked for.
   * @param validator What the body is.
   */
  static begin(path: string, key: string, validator: Validator): ResumeDataWriter {
    const head = headOf(key, JSON.stringify(validator));
    Deno.writeTextFileSync(path, `${head}\n`, OWNER_ONLY);
    return new ResumeDataWriter(path, head, 0);
  }

  /**
   * Goes on with resume data.
   *
   * @param path Its file.
   * @param at Bytes of the body that are described.
   * @throws {Deno.errors.NotFound} And other errors, if it can't be read.
   */
  static resume(path: string, at: number): ResumeDataWriter {
    return new ResumeDataWriter(path, Deno.readTextFileSync(path).split("\n", 1)[0], at);
  }

  /** Notes bytes that are being written. */
  add(bytes: Uint8Array): void {
    this.#sum.add(bytes);
  }

  /** Says that what was noted is written now; with enough of it, it is described. */
  written(): void {
    if (this.#sum.bytes >= BLOCK) this.flush();
  }

  /** Describes all that was noted. It must have been written. */
  flush(): void {
    const { bytes } = this.#sum;
    if (bytes === 0) return;
    Deno.writeTextFileSync(this.#path, `${bytes} ${this.#sum.end()}\n`, { append: true });
    this.#at += bytes;
    this.#sum = new BlockSum(this.#seed, this.#at);
  }
}

/**
 * Reads resume data.
 *
 * @param path Its file.
 * @param key What was asked for.
 * @returns Undefined if it isn't there, is of something else, or isn't as it was written.
 */
export function readResumeData(path: string, key: string): ResumeData | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const [head, ...lines] = text.split("\n");
  const json = head.slice(head.indexOf(" ") + 1);
  if (head !== headOf(key, json)) return undefined;
  const [blocks, others]: [Block[], Block[]] = [[], []];
  let end = 0;
  for (const line of lines) {
    const [, at, bytes, sum] = /^(?:@(\d{1,15}) )?(\d{1,15}) ([0-9a-f]{32})$/.exec(line) ?? [];
    if (bytes === undefined) break;
    if (at !== undefined) others.push({ at: Number(at), bytes: Number(bytes), sum });
    else blocks.push({ at: end, bytes: Number(bytes), sum });
    if (at === undefined) end += Number(bytes);
  }
  const isRead = lines.length === blocks.length + others.length + 1 && text.endsWith("\n");
  const isWhole = isRead && others.length === 0;
  return { validator: JSON.parse(json), head, isRead, isWhole, ...inOrder(blocks, others) };
}

/** Has those blocks of segments follow the first ones that begin where those end. */
function inOrder(blocks: Block[], others: Block[]): Pick<ResumeData, "blocks" | "others"> {
  let end = blocks.reduce((sum, { bytes }) => sum + bytes, 0);
  const rest = others.sort((a, b) => a.at - b.at).filter((block) => {
    if (block.at !== end) return true;
    blocks.push(block);
    end += block.bytes;
    return false;
  });
  return { blocks, others: rest };
}

/**
 * Checks the bytes of an unfinished body.
 *
 * @param path Their file.
 * @param data What they must be.
 * @param options `known`: how many blocks needn't be looked at, because this process has seen them right before.
 * `signal`: ends it before its time.
 * @returns How many blocks from its beginning on are right.
 * @throws What the file system says; the signal's reason.
 */
export async function checkBlocks(
  path: string,
  { head, blocks }: ResumeData,
  { known, signal }: { known: number; signal?: AbortSignal },
): Promise<number> {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  const check = new BlockCheck(file, head);
  let turn = TURN;
  for (const [i, block] of blocks.entries()) {
    if (block.at + block.bytes > size) return i;
    if (i < known) continue;
    if (!check.isRight(block)) return i;
    turn -= block.bytes;
    if (turn > 0) continue;
    turn = TURN;
    await otherWork(signal);
  }
  return blocks.length;
}

/**
 * Checks the bytes of an unfinished body, wherever they are.
 *
 * @param path Their file.
 * @param data What they must be.
 * @param signal Ends it before its time.
 * @returns The blocks that are right.
 * @throws What the file system says; the signal's reason.
 */
export async function rightBlocks(
  path: string,
  { head, blocks, others }: ResumeData,
  signal?: AbortSignal,
): Promise<Block[]> {
  using file = Deno.openSync(path);
  const check = new BlockCheck(file, head);
  const right: Block[] = [];
  let turn = TURN;
  for (const block of [...blocks, ...others]) {
    if (check.isRight(block)) right.push(block);
    turn -= block.bytes;
    if (turn > 0) continue;
    turn = TURN;
    await otherWork(signal);
  }
  return right;
}

/** Compares blocks of a file with their sums. */
class BlockCheck {
  readonly #file: Deno.FsFile;
  readonly #seed: Uint32Array;
  readonly #buffer = new Uint8Array(READ);

  constructor(file: Deno.FsFile, head: string) {
    this.#file = file;
    this.#seed = seedOf(head);
  }

  isRight({ at, bytes, sum }: Block): boolean {
    const block = new BlockSum(this.#seed, at);
    this.#file.seekSync(at, Deno.SeekMode.Start);
    while (block.bytes < bytes) {
      const read = this.#file.readSync(this.#buffer.subarray(0, Math.min(READ, bytes - block.bytes)));
      if (read === null) return false;
      block.add(this.#buffer.subarray(0, read));
    }
    return block.end() === sum;
  }
}

async function otherWork(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}

/** Cuts resume data to its first blocks. */
export function cutResumeData(path: string, { head, blocks }: Pick<ResumeData, "head" | "blocks">): void {
  const lines = blocks.map(({ bytes, sum }) => `${bytes} ${sum}\n`);
  Deno.writeTextFileSync(path, `${head}\n${lines.join("")}`, OWNER_ONLY);
}

/** The first line, which begins with a fingerprint of the rest and of what was asked for. */
export function headOf(key: string, json: string): string {
  return `${fingerprintHex(`${key}\n${json}`)} ${json}`;
}

/** What the sums of a body's blocks begin with. */
export function seedOf(head: string): Uint32Array {
  return Uint32Array.from({ length: FINGERPRINT_WORDS }, (_, i) => parseInt(head.slice(8 * i, 8 * i + 8), 16));
}
