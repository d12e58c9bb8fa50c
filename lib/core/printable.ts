/**
 * Text from outside, made harmless for where it goes: a server or a list may put control sequences into anything it says,
 * which would move a terminal's cursor, change its title, or hide a part of a line.
 *
 * @module
 */

/** What has nothing to escape in it, as nearly everything. */
const PLAIN_LINE = /^[ -~]*$/;
const PLAIN_TEXT = /^[ -~\n\t]*$/;

const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Escapes what the patterns below find: control characters (C0, DEL and C1: Unicode's category Cc), what reorders text or breaks
 * lines (UAX #9, UAX #14), and halves of characters. The patterns stand where they are used, since making them takes a
 * millisecond.
 */
function escaped(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * A line for a terminal or a log.
 *
 * @param line What to say. Line breaks in it are escaped, too, so that nothing in it can pass for a line of its own.
 * @returns The line, with escapes as in JSON (`\\u001b`) in place of what isn't plain text.
 */
export function printableLine(line: string): string {
  if (PLAIN_LINE.test(line)) return line;
  return line.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu, escaped);
}

/**
 * A text of several lines, for a page that shows it.
 *
 * @param text What it says; its line breaks and tabs stay.
 * @returns The text, with escapes in place of what else isn't plain.
 */
export function printableText(text: string): string {
  if (PLAIN_TEXT.test(text)) return text;
  return text.replace(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu, escaped);
}

/**
 * A line of JSON, for a terminal or a file: means the same as what `JSON.stringify` gives.
 *
 * @param value What to write.
 * @returns Its JSON, in which what JSON itself leaves as it is (C1, what reorders text) is escaped, too.
 */
export function jsonLine(value: unknown): string {
  return printableLine(JSON.stringify(value));
}

/**
 * What a server or a list said, to be quoted in a message.
 *
 * @param text Anything at all, however long.
 * @param most How many characters are quoted at most. Default: 60.
 * @returns It in quotes, with escapes in place of what isn't plain text.
 */
export function quoted(text: string, most = 60): string {
  return jsonLine(text.length > most ? `${text.slice(0, most - 1)}…` : text);
}
