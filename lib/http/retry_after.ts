/**
 * The Retry-After header: how long a server asks to be left alone (RFC 9110 §10.2.3).
 *
 * @module
 */

/**
 * Milliseconds of a Retry-After that are obeyed at most. GitHub and most rate limits ask for up to a minute or a few;
 * a server that asks for a day (a typing error, or a polite no) would otherwise hold the run that long.
 */
export const RETRY_AFTER_MOST_MS = 5 * 60_000;

/** What a Retry-After depends on. */
export interface RetryAfterOptions {
  /** The longest wait that is obeyed, in milliseconds. Default: {@linkcode RETRY_AFTER_MOST_MS}. */
  mostMs?: number;
  /** The response's own Date header, by which a date is read: its clock and ours may differ. Default: our clock counts. */
  date?: string | null;
  /** What time it is, in milliseconds since the epoch. Default: `Date.now()`. */
  now?: number;
}

/**
 * Reads a Retry-After header in both its forms: a number of seconds, or a date as HTTP writes it.
 *
 * @param value The header's value, or null when there is none.
 * @param options The longest wait, and the clock.
 * @returns Milliseconds to wait, at least 0 and at most the longest wait; undefined when the value is none of the two
 * forms, and so says nothing.
 */
export function retryAfter(value: string | null, options: RetryAfterOptions = {}): number | undefined {
  const { mostMs = RETRY_AFTER_MOST_MS, now = Date.now(), date } = options;
  const text = value?.trim() ?? "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : parseHttpDate(text, now) - serverTime(date, now);
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), mostMs);
}

/** What time it is where the answer was made (RFC 9110 §6.6.1), as far as it says so. */
function serverTime(date: string | null | undefined, now: number): number {
  const time = parseHttpDate(date?.trim() ?? "", now);
  return Number.isNaN(time) ? now : time;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The three forms of RFC 9110 §5.6.7: IMF-fixdate, and the obsolete ones of RFC 850 and asctime(). */
const FORMS = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/**
 * Reads a date as HTTP writes it.
 *
 * @param text The date.
 * @param now What time it is, for years of two digits.
 * @returns Milliseconds since the epoch; NaN for what is no HTTP date. `Date.parse` would take "1 apple" for a date.
 */
export function parseHttpDate(text: string, now: number): number {
  for (const form of FORMS) {
    const { day, month, year, time } = form.exec(text)?.groups ?? {};
    if (day === undefined) continue;
    const [hours, minutes, seconds] = time.split(":").map(Number);
    const monthIndex = MONTHS.indexOf(month);
    if (monthIndex < 0 || Number(day) > 31 || hours > 23 || minutes > 59 || seconds > 60) return NaN;
    return Date.UTC(fullYear(year, now), monthIndex, Number(day), hours, minutes, seconds);
  }
  return NaN;
}

/** A year of two digits that seems more than 50 years ahead is the past one with the same digits (RFC 9110 §5.6.7). */
function fullYear(digits: string, now: number): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - thisYear % 100 + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}
