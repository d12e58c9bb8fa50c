/**
 * What a list can say of a download, and the columns that say it, where those have other names.
 *
 * @module
 */

/** What a list can say of a download. */
export const LIST_FIELDS = [
  ...["url", "name", "sha256", "md5", "sha1", "sha384", "sha512", "integrity", "headers"] as const,
] as const;

/** One of those. */
export type ListField = typeof LIST_FIELDS[number];

/** The names of columns, by what they say. Default for each: the same. */
export type FieldColumns = Partial<Record<ListField, string>>;

/** A column that says something. */
export interface Keyed {
  /** Its position. */
  at: number;
  /** What it says: a field, or a column that was asked for by its name. */
  key: string;
  /** Whether somebody has asked for it, or must have it. If not, the list may as well be without. */
  isAsked: boolean;
}

/** Finds what a list says in which columns. */
export class ListFields {
  readonly #columns: FieldColumns;

  /**
   * Takes the names of columns.
   *
   * @param columns Those that aren't called as what they say.
   */
  constructor(columns: FieldColumns = {}) {
    this.#columns = columns;
  }

  /** Columns that have other names than what they say; undefined if there are none. */
  get named(): string | undefined {
    return Object.values(this.#columns)[0];
  }

  /** The name of the column with URLs. */
  get url(): string {
    return this.#columns.url ?? "url";
  }

  /**
   * Finds the columns that say something.
   *
   * @param names The names of all columns. Upper or lower case makes no difference, unless there are both.
   * @param needed Columns that are needed besides.
   * @returns Them, or the name of one that isn't there and must be.
   */
  keyed(names: readonly string[], needed: readonly string[]): Keyed[] | string {
    const lower = names.map((name) => name.toLowerCase());
    const find = (name: string) => names.includes(name) ? names.indexOf(name) : lower.indexOf(name.toLowerCase());
    const keyed: Keyed[] = [];
    for (const field of LIST_FIELDS) {
      const isAsked = field === "url" || this.#columns[field] !== undefined;
      const column = this.#columns[field] ?? field;
      const at = find(column);
      if (at >= 0) keyed.push({ at, key: field, isAsked });
      else if (isAsked) return column;
    }
    for (const key of needed) {
      const at = find(key);
      if (at < 0) return key;
      keyed.push({ at, key, isAsked: true });
    }
    return keyed;
  }

  /** A record with what its columns say under the names of that. */
  renamed(record: unknown): unknown {
    if (this.named === undefined || typeof record !== "object" || record === null) return record;
    const given = record as Record<string, unknown>;
    const renamed: Record<string, unknown> = { ...given };
    for (const [field, column] of Object.entries(this.#columns)) renamed[field] = given[column];
    if (typeof renamed.name === "number") renamed.name = String(renamed.name);
    if (this.#columns.url !== undefined) renamed.urls = Array.isArray(renamed.url) ? renamed.url : undefined;
    return renamed;
  }
}
