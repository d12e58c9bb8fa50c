/**
 * What is in a bucket when a run begins: which names are taken, and what of it earlier runs have put there.
 *
 * The journal in the state folder says which URL an object is of, and the list says that it is there and how large it is. What
 * the journal doesn't know, because another machine has put it there or the state folder is lost, is asked what it is of, and
 * gets its record.
 *
 * @module
 */

import { CannotWriteError } from "../core/errors.ts";
import type { ClaimedNames } from "../disk/claimed_names.ts";
import { foldName } from "../disk/claimed_names.ts";
import type { Contents, StateFolders } from "../disk/destination.ts";
import { fingerprint, FINGERPRINT_WORDS } from "../disk/fingerprint.ts";
import { type JournalRecord, JournalWriter, readJournal } from "../disk/journal.ts";
import { type Bucket, readMark } from "./bucket.ts";
import { BucketError } from "./bucket_error.ts";
import { type Listed, listObjects } from "./listing.ts";
import { ObjectIndex } from "./object_index.ts";
import { abortLeftovers } from "./upload_notes.ts";

/** Objects that are asked at once what they are of. */
const ASKED_AT_ONCE = 32;

/** Milliseconds after which somebody may want to know how far it is. */
const TELL_MS = 1_000;

/** How to look. */
export interface BucketContentsOptions {
  /** Whether nothing is written, neither here nor there. Default: false. */
  readOnly?: boolean;
  /** Called with a line of progress if it takes longer than a second. Default: none. */
  say?: (line: string) => void;
  /** Ends the looking before its time: then the contents aren't known, and must not be used. Default: none. */
  signal?: AbortSignal;
}

/** The objects of a bucket under a prefix. */
export class BucketContents implements Contents {
  readonly #bucket: Bucket;
  readonly #options: BucketContentsOptions;
  readonly #objects = new ObjectIndex();
  #asked = 0;
  #tellAt = performance.now() + TELL_MS;

  /**
   * Looks at nothing yet.
   *
   * @param bucket The bucket.
   * @param options How to look.
   */
  constructor(bucket: Bucket, options: BucketContentsOptions = {}) {
    this.#bucket = bucket;
    this.#options = options;
  }

  /** Bytes of an object; undefined if it isn't there. */
  sizeOf(file: string): number | undefined {
    return this.#objects.sizeOf(file);
  }

  /** Lists the objects, and gives up uploads that were left; see {@linkcode Contents.load}. */
  async load({ all, mine }: StateFolders, names: ClaimedNames, onFile?: (file: string) => void): Promise<void> {
    const { readOnly = false, signal } = this.#options;
    const [own] = all;
    const { client, prefix } = this.#bucket;
    try {
      for (const state of all) {
        this.#checkIdentity(`${state}/bucket`, { writes: state === own && !readOnly });
        const claim = ({ naming, name }: JournalRecord) => {
          // Of a member, it counts only while its shard is there
          if (naming !== "shard") names.claimFingerprint(name[0], name[1]);
        };
        for (const _ of readJournal(`${state}/journal`, claim));
      }
      using journal = readOnly ? undefined : new JournalWriter(`${own}/journal`);
      for await (const page of listObjects(client, prefix, { signal })) {
        const unknown: Listed[] = [];
        for (const object of page) {
          const file = object.key.slice(prefix.length);
          this.#objects.add(file, object.size);
          onFile?.(file);
          if (names.claim(file)) unknown.push(object);
        }
        if (journal) await this.#recover(unknown, journal);
        this.#tell();
      }
      for (const state of mine) await abortLeftovers(client, state, signal);
    } catch (error) {
      if (signal?.aborted) return; // the run has been ended, and uses nothing of it
      // What is wrong with this is wrong with all that follows
      throw error instanceof BucketError
        ? new CannotWriteError(`cannot use the bucket (${client.shown})`, { cause: error })
        : error;
    }
  }

  /** A state folder is of one place: what its journal says of another would be wrong. */
  #checkIdentity(path: string, { writes }: { writes: boolean }): void {
    const { shown } = this.#bucket.client;
    try {
      const said = Deno.readTextFileSync(path).trimEnd();
      if (said === shown) return;
      const what = said.slice(0, 200);
      throw new CannotWriteError(`the state folder of ${shown} is that of ${what}: name another with --state`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      if (writes) Deno.writeTextFileSync(path, `${shown}\n`);
    }
  }

  /** Writes the records of objects that runs have put there and whose records aren't here. */
  async #recover(unknown: readonly Listed[], journal: JournalWriter): Promise<void> {
    const rest = unknown.values();
    const lane = async () => {
      for (const { key, size } of { [Symbol.iterator]: () => ({ next: () => rest.next() }) }) {
        const mark = readMark(await this.#bucket.markOf(key, this.#options.signal));
        if (mark === undefined) continue;
        const file = key.slice(this.#bucket.prefix.length);
        const name = new Uint32Array(FINGERPRINT_WORDS);
        fingerprint(foldName(file), name);
        await journal.append({ ...mark, size, name, storedName: mark.naming === "stored" ? file : "" });
        this.#asked++;
        this.#tell();
      }
    };
    const lanes = Array.from({ length: ASKED_AT_ONCE }, lane);
    await Promise.allSettled(lanes);
    await Promise.all(lanes);
  }

  #tell(): void {
    const now = performance.now();
    if (now < this.#tellAt) return;
    while (this.#tellAt <= now) this.#tellAt += TELL_MS;
    const asked = this.#asked > 0 ? `, ${this.#asked} of them asked what they are of` : "";
    this.#options.say?.(
      `looking up what ${this.#bucket.client.shown} has: ${this.#objects.count} objects so far${asked}`,
    );
  }
}

/** The state folder of an output if nobody names one: in the working directory, by the bucket and the prefix. */
export function stateFolderOf({ bucket, prefix }: { bucket: string; prefix: string }): string {
  const name = [bucket, ...prefix.split("/")].filter((part) => part !== "").join("_");
  return `${name.replaceAll(/[^\w.-]/g, "_").slice(0, 100)}.state`;
}
