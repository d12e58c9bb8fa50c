/**
 * Text whose characters stand for bytes, as header values do (https://infra.spec.whatwg.org/#isomorphic-encode).
 *
 * @module
 */

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/** A character for each byte. */
export function isomorphicDecode(bytes: Uint8Array): string {
  const text = DECODER.decode(bytes); // the quick way, and right for ASCII
  if (text.length === bytes.length && !text.includes("\uFFFD")) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** A byte for each character, none of which is above U+00FF. */
export function isomorphicEncode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = ENCODER.encode(text); // the quick way, and right for ASCII
  return bytes.length === text.length ? bytes : Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** A header's value as who wrote it meant it: servers that write more than ASCII into one nearly always mean UTF-8. */
export function asUtf8(value: string): string {
  if (/^[\0-\x7f]*$/.test(value) || /[^\0-\xff]/.test(value)) return value;
  try {
    return UTF_8.decode(isomorphicEncode(value));
  } catch {
    return value; // it is Latin-1 then
  }
}
