/** Bytes as text with a character each, and back: what is generated, mutated and shown. */

import { Buffer } from "node:buffer";

/** A byte for each character, none of which is above U+00FF. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** A character for each byte. */
export function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

/** Several pieces as one. */
export function joined(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Whether two have the same bytes. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Bytes for a person: as a string literal, its middle left out if it is long. */
export function shown(bytes: Uint8Array, most = 600): string {
  if (bytes.length <= most) return literal(bytes);
  const left = bytes.length - most;
  return `${literal(bytes.subarray(0, most / 2))} ... ${left} bytes ... ${literal(bytes.subarray(-most / 2))}`;
}

function literal(bytes: Uint8Array): string {
  const text = JSON.stringify(textOf(bytes));
  return text.replace(
    /\\u00|[\x7f-\xff]/g,
    (match) => match === "\\u00" ? "\\x" : `\\x${match.charCodeAt(0).toString(16)}`,
  );
}
