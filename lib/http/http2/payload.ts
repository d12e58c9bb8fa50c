/**
 * Payloads of frames that have come, and what is said where they break the rules.
 *
 * @module
 */

import { CODE, ConnectionError } from "./error.ts";

/** Ends the connection if something isn't as it must be. */
export function check(isRight: boolean, code: number, message: string): asserts isRight {
  if (!isRight) throw new ConnectionError(code, `an HTTP/2 connection that breaks its rules: ${message}`);
}

/** The payload without padding (RFC 9113 §6.1). */
export function unpadded(payload: Uint8Array): Uint8Array {
  const padding = payload[0] ?? 0;
  check(padding < payload.length, CODE.PROTOCOL_ERROR, "more padding than there is payload");
  return payload.subarray(1, payload.length - padding);
}

/** Four bytes as a number, the highest first. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]) >>> 0;
}
