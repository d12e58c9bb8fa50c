/** A case of the HTTP/1.1 targets: requests one after another over one client, and every byte that the server sends. */

import { shown } from "./bytes.ts";
import type { Known } from "./oracle_codings.ts";
import type { Ending } from "./oracle_framing.ts";

/** The ways to read a body. */
export const WAYS = ["text", "bytes", "lend", "views", "chunks", "save", "drain", "cancel"] as const;

/** A way to read a body. */
export type Way = typeof WAYS[number];

/** One request, and what comes back. */
export interface Exchange {
  /** All that the server sends when the request has come, in packets. */
  packets: Uint8Array[];
  /** How the connection goes on then. */
  ending: Ending;
  /** What the server sends when the answer has been read, unasked. */
  late: Uint8Array;
  /** Turns of the event loop before the next request. */
  pause: number;
  /** How the body is read. */
  way: Way;
  /** Bytes of the views that it is read into, where it is. */
  view: number;
  /** Whether the body is taken as it is sent, packed. */
  raw: boolean;
  /** What was packed when this was made. */
  known: Known[];
}

/** Several requests over one client. */
export interface Case {
  exchanges: Exchange[];
}

/** A case in words. */
export function describeCase({ exchanges }: Case): string {
  return exchanges.map((exchange, n) => {
    const { packets, ending, late, pause, way, view, raw } = exchange;
    const how = way === "views" || way === "cancel" ? `${way} of ${view} bytes` : way;
    const lines = [`request ${n}: read by ${how}${raw ? ", as it is sent" : ""}; then ${pause} turns`];
    lines.push(...packets.slice(0, 20).map((packet) => `  sends ${shown(packet)}`));
    if (packets.length > 20) lines.push(`  ... ${packets.length - 20} packets more`);
    if (ending !== "open") lines.push(`  then ${ending === "close" ? "closes" : "resets"} the connection`);
    if (late.length > 0) lines.push(`  late: ${shown(late)}`);
    return lines.join("\n");
  }).join("\n");
}
