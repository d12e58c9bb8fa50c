/** Smaller cases: what a person reads first should have nothing in it that the finding doesn't need. */

import { joined } from "./bytes.ts";
import type { Case, Exchange } from "./case.ts";

/** Cases that are a little smaller or simpler than this one, those that save most first. */
export function* smallerCases({ exchanges }: Case): Generator<Case> {
  for (let n = 0; n < exchanges.length && exchanges.length > 1; n++) {
    yield { exchanges: exchanges.filter((_, at) => at !== n) };
  }
  for (const [n, exchange] of exchanges.entries()) {
    for (const simpler of simplerExchanges(exchange)) {
      yield { exchanges: exchanges.with(n, { ...exchange, ...simpler }) };
    }
  }
}

function* simplerExchanges({ packets, late, pause, way, ending, raw }: Exchange): Generator<Partial<Exchange>> {
  const bytes = joined(...packets);
  if (packets.length > 1) yield { packets: [bytes] };
  if (packets.length > 2) {
    const half = packets.length >> 1;
    yield { packets: [joined(...packets.slice(0, half)), ...packets.slice(half)] };
    yield { packets: [...packets.slice(0, half), joined(...packets.slice(half))] };
  }
  if (late.length > 0) yield { late: new Uint8Array() };
  if (pause > 0) yield { pause: 0 };
  if (ending !== "open") yield { ending: "open" };
  if (raw) yield { raw: false };
  if (way !== "bytes") yield { way: "bytes" };
  for (let size = bytes.length >> 1; size >= Math.max(1, bytes.length >> 6); size >>= 1) {
    for (let at = 0; at + size <= bytes.length; at += size) yield { packets: without(packets, at, size) };
  }
}

/** The packets without some bytes; those that are empty then are left out. */
function without(packets: Uint8Array[], from: number, size: number): Uint8Array[] {
  let start = 0;
  return packets.map((packet) => {
    const [cut, end] = [from - start, from + size - start];
    start += packet.length;
    return joined(packet.subarray(0, Math.max(0, cut)), packet.subarray(Math.max(0, end)));
  }).filter(({ length }) => length > 0);
}
