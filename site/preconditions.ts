/**
 * What a request's conditions and ranges ask for (RFC 9110 §13 and §14).
 *
 * @module
 */

/** What there is: the page in the state that the conditions are compared with. */
export interface Representation {
  /** Its entity tag, with the quotes; empty if it has none. */
  etag: string;
  /** When it was last changed, as an HTTP date; empty if it doesn't say. */
  lastModified: string;
  /** Its length in bytes. */
  length: number;
  /** Whether it can be requested in parts. */
  ranges: boolean;
}

/** What to answer. */
export type Selection =
  | { status: 200 | 304 | 412 | 416 }
  | { status: 206; start: number; end: number };

/**
 * Decides which part of a page to send, if any, in the order that RFC 9110 §13.2.2 demands.
 *
 * A request for several ranges at once is answered with the whole, as §14.2 allows.
 *
 * @param headers The headers of a GET.
 * @param page What there is.
 */
export function select(headers: Headers, page: Representation): Selection {
  const ifMatch = headers.get("if-match");
  const ifUnmodifiedSince = headers.get("if-unmodified-since");
  if (ifMatch !== null ? !lists(ifMatch, page.etag, { weak: false }) : changedSince(page, ifUnmodifiedSince)) {
    return { status: 412 };
  }
  const ifNoneMatch = headers.get("if-none-match");
  const ifModifiedSince = headers.get("if-modified-since");
  if (
    ifNoneMatch !== null
      ? lists(ifNoneMatch, page.etag, { weak: true })
      : ifModifiedSince !== null && changedSince(page, ifModifiedSince) === false
  ) {
    return { status: 304 };
  }
  const range = headers.get("range");
  if (range === null || !page.ranges || !stillTheSame(headers.get("if-range"), page)) return { status: 200 };
  return selectRange(range, page.length);
}

/**
 * Whether a list of entity tags holds this one. A weak one (`W/`) counts only where a weak comparison is asked for
 * (RFC 9110 §8.8.3.2).
 */
function lists(header: string, etag: string, { weak }: { weak: boolean }): boolean {
  if (header.trim() === "*") return true;
  if (etag === "" || (!weak && isWeak(etag))) return false;
  const opaque = (tag: string) => weak ? tag.replace(/^W\//, "") : tag;
  return header.split(",").some((each) => opaque(each.trim()) === opaque(etag));
}

function isWeak(etag: string): boolean {
  return etag.startsWith("W/");
}

/** Whether the page changed after the date; undefined if there is no date, or none that can be read. */
function changedSince(page: Representation, date: string | null): boolean | undefined {
  const since = Date.parse(date ?? "");
  const changed = Date.parse(page.lastModified);
  return Number.isNaN(since) || Number.isNaN(changed) ? undefined : changed > since;
}

/** Whether If-Range, a tag or a date, still names this page: exactly, since a part of another would corrupt the whole. */
function stillTheSame(ifRange: string | null, page: Representation): boolean {
  if (ifRange === null) return true;
  return ifRange !== "" && !isWeak(ifRange) && (ifRange === page.etag || ifRange === page.lastModified);
}

function selectRange(range: string, length: number): Selection {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? [];
  if (first === undefined || first + last === "") return { status: 200 };
  if (first === "") {
    const suffix = Math.min(Number(last), length);
    return suffix === 0 ? { status: 416 } : { status: 206, start: length - suffix, end: length };
  }
  if (last !== "" && Number(last) < Number(first)) return { status: 200 };
  if (Number(first) >= length) return { status: 416 };
  return { status: 206, start: Number(first), end: last === "" ? length : Math.min(Number(last) + 1, length) };
}
