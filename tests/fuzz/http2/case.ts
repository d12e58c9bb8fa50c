/** Cases of the target `http2`: requests, what a server sends to them, and how it is read. */

import { shown } from "../bytes.ts";
import { TYPE_NAMES } from "./frames.ts";

/** Ways to read a body. */
export const WAYS = ["bytes", "views", "both", "cancel", "leave", "abort"] as const;

/** A request on one stream. */
export interface Asking {
  isHead: boolean;
  way: typeof WAYS[number];
  /** Bytes of a view, where it is read by views. */
  view: number;
  /** Turns of the event loop before each read. */
  pause: number;
}

/** Whether the body isn't read to its end. */
export function isLeft({ way }: Asking): boolean {
  return way === "cancel" || way === "leave" || way === "abort";
}

/** A case. */
export interface Http2Case {
  asked: Asking[];
  /** Whether it goes through a `Client`, or over an `Http2Connection` of its own. */
  byClient: boolean;
  /** What the server sends: frames, unless they were mutated. */
  units: Uint8Array[];
  /** Whether it waits for windows: its frames are what they should be. */
  isPolite: boolean;
  /** Bytes of each read, again and again. */
  cuts: number[];
  ending: "open" | "close" | "reset" | "cut off";
}

/** A case for a person. */
export function describeCase({ asked, byClient, units, isPolite, cuts, ending }: Http2Case): string {
  const lines = asked.map(({ isHead, way, view, pause }, n) => {
    return `stream ${2 * n + 1}: ${isHead ? "HEAD" : "GET"}, read by ${way}, ${view} bytes, ${pause} turns`;
  });
  lines.push(`over ${byClient ? "a client" : "a connection"}, ${isPolite ? "" : "not "}keeping to windows`);
  lines.push(`in reads of ${cuts.join(", ")} bytes:`);
  for (const unit of units.slice(0, 60)) lines.push(`  ${nameOf(unit)} ${shown(unit.subarray(9), 200)}`);
  if (units.length > 60) lines.push(`  and ${units.length - 60} more`);
  return [...lines, `then: ${ending}`].join("\n");
}

function nameOf(unit: Uint8Array): string {
  if (unit.length < 9) return shown(unit);
  const view = new DataView(unit.buffer, unit.byteOffset, unit.length);
  const length = view.getUint32(0) >>> 8;
  const name = TYPE_NAMES[unit[3]] ?? `type ${unit[3]}`;
  const flags = unit[4].toString(16).padStart(2, "0");
  return `${name} flags ${flags} on ${view.getUint32(5)}, ${length} bytes${
    length === unit.length - 9 ? "" : " (wrong)"
  }`;
}

/** Smaller cases, those that save most first. */
export function* smallerCases(one: Http2Case): Generator<Http2Case> {
  const { units, asked, cuts } = one;
  if (cuts.length > 1 || cuts[0] < 2 ** 20) yield { ...one, cuts: [2 ** 20] };
  for (let size = units.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= units.length; at += size) yield { ...one, units: units.toSpliced(at, size) };
  }
  if (asked.length > 1) yield { ...one, asked: asked.slice(0, -1) };
  if (one.byClient) yield { ...one, byClient: false };
  for (const [n, asking] of asked.entries()) {
    const simple = { ...asking, way: "bytes", pause: 0 } as const;
    if (asking.way !== "bytes" || asking.pause > 0) yield { ...one, asked: asked.with(n, simple) };
  }
}
