/**
 * SETTINGS, ours and the server's (RFC 9113 §6.5).
 *
 * @module
 */

import { CODE } from "./error.ts";
import { FRAME, type FrameBuffer } from "./frame_buffer.ts";
import { check, uint32 } from "./payload.ts";
import { MAX_HEADER_BYTES } from "./response_head.ts";
import { INITIAL_WINDOW } from "./stream.ts";

/** Settings that matter here (RFC 9113 §6.5.2). */
const SETTING = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

/** Bytes of payload that a frame may have before its receiver says otherwise, and we never do. */
export const MAX_FRAME_BYTES = 16_384;

/** Streams at once until the server says how many it takes (RFC 9113 §6.5.2 recommends no fewer). */
const ASSUMED_STREAMS = 100;

/** What we tell the server: no dynamic table, no pushes, and how much we take. */
const OURS = [
  [SETTING.HEADER_TABLE_SIZE, 0],
  [SETTING.ENABLE_PUSH, 0],
  [SETTING.INITIAL_WINDOW_SIZE, INITIAL_WINDOW],
  [SETTING.MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES],
] as const;

/** Writes our SETTINGS. */
export function writeSettings(out: FrameBuffer): void {
  const at = out.begin(FRAME.SETTINGS, 0, 0);
  for (const [setting, value] of OURS) {
    out.byte(0);
    out.byte(setting);
    out.uint32(value);
  }
  out.end(at);
}

/** What the server has told us. */
export class ServerSettings {
  /** Whether it has told us anything: it has to begin with that (RFC 9113 §3.4). */
  isKnown: boolean = false;
  /** Requests that it takes at once. */
  maxStreams: number = ASSUMED_STREAMS;
  /** Bytes of payload that it takes in a frame. */
  maxFrameBytes: number = MAX_FRAME_BYTES;
  /** Bytes that its dynamic table may have; undefined if it hasn't said so. */
  tableBytes: number | undefined;

  /**
   * Takes the payload of a SETTINGS frame.
   *
   * @throws {ConnectionError} If it has values that there can't be.
   */
  take(payload: Uint8Array): void {
    check(payload.length % 6 === 0, CODE.FRAME_SIZE_ERROR, "SETTINGS of another size");
    this.isKnown = true;
    for (let at = 0; at < payload.length; at += 6) {
      this.#set(payload[at] << 8 | payload[at + 1], uint32(payload, at + 2));
    }
  }

  #set(setting: number, value: number): void {
    if (setting === SETTING.MAX_CONCURRENT_STREAMS) this.maxStreams = value;
    else if (setting === SETTING.HEADER_TABLE_SIZE) this.tableBytes = Math.min(this.tableBytes ?? value, value);
    else if (setting === SETTING.MAX_FRAME_SIZE) {
      check(value >= MAX_FRAME_BYTES && value < 2 ** 24, CODE.PROTOCOL_ERROR, `MAX_FRAME_SIZE ${value}`);
      this.maxFrameBytes = value;
    } else if (setting === SETTING.INITIAL_WINDOW_SIZE) {
      check(value < 2 ** 31, CODE.FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE ${value}`);
    } else if (setting === SETTING.ENABLE_PUSH) check(value === 0, CODE.PROTOCOL_ERROR, `ENABLE_PUSH ${value}`);
  }
}
