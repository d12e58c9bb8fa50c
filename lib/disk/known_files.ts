/**
 * What a journal knows of the files of an output folder: which download each is of, what it is called, and how large it is.
 *
 * @module
 */

import type { Naming } from "../core/download.ts";
import type { ClaimedNames } from "./claimed_names.ts";
import { distinctName, nameFromList } from "./file_name.ts";
import { journalRoom, readJournal } from "./journal.ts";
import { StoredNames } from "./stored_names.ts";
import { UrlTable } from "./url_table.ts";

/** What a journal has to say of a download. */
export type Known =
  /** Its file is there. */
  | { state: "done"; file: string; bytes: number }
  /** Its file is not there, or not as it was saved: it is to be fetched again, in place of what is left. */
  | { state: "new"; file: string; naming: Naming; isOwn: true };

// The bits of a download in the table: two for what it is, two for how its file is named, twelve for the size of its file.
const SEEN = 1;
const DONE = 2;
const DISTINCT = 4;
const STORED = 8;
const SIZE_SHIFT = 4;

/** The largest prime of twelve bits: a size is remembered modulo this, so 1 wrong size in 4,093 would pass. */
const SIZES = 4_093;

/** The files that a journal knows, and which downloads have been seen in this run. */
export class KnownFiles implements Disposable {
  /** The journal's state folder, by its name. */
  readonly state: string;
  readonly #folder: string;
  readonly #journal: string;
  readonly #table: UrlTable;
  readonly #stored: StoredNames;
  /** Up to where the journal has been read. */
  #end = 0;

  /**
   * Knows of no file yet.
   *
   * @param folder The output folder.
   * @param state The name of the state folder with the journal.
   * @throws What the file system says, if the journal is there but can't be looked at.
   */
  constructor(folder: string, state: string) {
    this.state = state;
    this.#folder = folder;
    this.#journal = `${folder}/${state}/journal`;
    this.#table = new UrlTable(journalRoom(this.#journal));
    this.#stored = new StoredNames(this.#journal);
  }

  /**
   * Marks that a download was seen in this run.
   *
   * @param key What was asked for.
   * @returns What was known of it, for {@linkcode find}, and whether it was seen before.
   */
  see(key: string): { bits: number; isAgain: boolean } {
    const bits = this.#table.mark(key, SEEN);
    return { bits, isAgain: (bits & SEEN) > 0 };
  }

  /**
   * Looks for the file of a download.
   *
   * @param key What was asked for.
   * @param plain The name that it would have if it were the only one.
   * @param bits What {@linkcode see} said. Default: it is looked up.
   * @returns What is to be done with it; undefined if the journal doesn't know it.
   */
  find(key: string, plain: string, bits: number = this.#table.get(key)): Known | undefined {
    if ((bits & DONE) === 0) return undefined;
    const stored = bits & STORED ? this.#stored.find(key) : undefined;
    // A journal from elsewhere might lead anywhere
    if (bits & STORED && (stored === undefined || stored.file !== nameFromList(stored.file))) return undefined;
    const file = stored?.file ?? (bits & DISTINCT ? distinctName(plain, key) : plain);
    const bytes = this.#sizeOf(file);
    if (bytes === "other") return undefined;
    if (stored ? bytes === stored.size : bytes !== undefined && bytes % SIZES === bits >>> SIZE_SHIFT) {
      return { state: "done", file, bytes: bytes as number };
    }
    return { state: "new", file, naming: stored ? "stored" : bits & DISTINCT ? "distinct" : "plain", isOwn: true };
  }

  /**
   * Reads on in the journal, from where it was read up to before.
   *
   * @param names Where the names of its files are claimed.
   * @yields The share of the journal that has been read, after every megabyte.
   */
  *readOn(names: ClaimedNames): Generator<number, void> {
    this.#end = yield* readJournal(this.#journal, ({ key, size, naming, name }, at) => {
      let bits = DONE | (size % SIZES) << SIZE_SHIFT;
      if (naming === "distinct") bits |= DISTINCT;
      if (naming === "stored") {
        bits |= STORED;
        this.#stored.add(key, at);
      }
      names.claimFingerprint(name[0], name[1]);
      this.#table.put(key, bits);
    }, this.#end);
  }

  /** Closes the journal. */
  [Symbol.dispose](): void {
    this.#stored[Symbol.dispose]();
  }

  /** The size of a file, if it is there; `other` if what is there is no file, and so not what was saved. */
  #sizeOf(file: string): number | "other" | undefined {
    try {
      const { isFile, size } = Deno.lstatSync(`${this.#folder}/${file}`);
      return isFile ? size : "other";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      if (error instanceof Deno.errors.NotADirectory) return "other";
      throw error;
    }
  }
}
