/**
 * DER (X.690 §8 and §10), as far as a certificate needs it.
 *
 * @module
 */

/** What DER is written in. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A value under its tag, with its length. */
export function der(tag: number, ...content: Bytes[]): Bytes {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  const all = new Uint8Array(1 + length.length + size);
  all.set([tag, ...length]);
  let at = 1 + length.length;
  for (const part of content) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A SEQUENCE. */
export const sequence = (...items: Bytes[]): Bytes => der(0x30, ...items);

/** A positive INTEGER, from its bytes, the highest first. */
export function integer(bytes: Bytes): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const shortest = first < 0 ? Uint8Array.of(0) : bytes.slice(first);
  return shortest[0] & 0x80 ? der(0x02, Uint8Array.of(0), shortest) : der(0x02, shortest);
}

/** A BIT STRING of whole bytes, but for so many bits at its end. */
export const bitString = (bytes: Bytes, unused = 0): Bytes => der(0x03, Uint8Array.of(unused), bytes);

/** An OBJECT IDENTIFIER, from its content in hexadecimal. */
export const oid = (hex: string): Bytes => der(0x06, Uint8Array.fromHex(hex));

/** A text as UTF8String, or under another tag. */
export const text = (value: string, tag = 0x0c): Bytes => der(tag, new TextEncoder().encode(value));

/** A point in time, between 2000 and 2049 (UTCTime). */
export function time(date: Date): Bytes {
  return text(date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, "") + "Z", 0x17);
}
