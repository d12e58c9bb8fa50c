/** What goes wrong with frames on their way: bits, lengths, order, streams. */

import { joined } from "../bytes.ts";
import type { Random } from "../random.ts";
import { frameOf, numberOf } from "./frames.ts";

type Mutation = (units: Uint8Array[], at: number, random: Random) => void;

/** Changes some bytes of a unit, from an offset on. */
function change(from: number, to: number): Mutation {
  return (units, at, random) => {
    const unit = units[at].slice();
    const end = Math.min(to, unit.length);
    if (from >= end) return;
    const byte = random.between(from, end - 1);
    unit[byte] = random.chance(0.5) ? unit[byte] ^ 1 << random.below(8) : random.next() & 255;
    units[at] = unit;
  };
}

/** Puts another number of a stream into a frame. */
function move(units: Uint8Array[], at: number, random: Random): void {
  if (units[at].length < 9) return;
  const stream = random.pick([0, 1, 2, 3, 5, 7, 99, 2 ** 31 - 1, 2 ** 31 + 1]);
  units[at] = joined(units[at].subarray(0, 5), numberOf(stream), units[at].subarray(9));
}

const MUTATIONS: readonly (readonly [number, Mutation])[] = [
  [3, change(0, 3)], // the length
  [4, change(3, 5)], // type and flags
  [2, change(5, 9)], // the stream
  [5, change(9, 40)], // the first bytes of headers and bodies
  [2, change(9, 20_000)],
  [4, move],
  [3, (units, at) => units.splice(at, 1)],
  [3, (units, at) => units.splice(at, 0, units[at])],
  [3, (units, at, random) => units.push(...units.splice(at, random.between(1, 3)))],
  [3, (units, at, random) => units.splice(random.below(units.length), 0, ...units.splice(at, 1))],
  [2, (units, at) => units.splice(at)],
  [2, (units, at, random) => units[at] = units[at].subarray(0, random.below(units[at].length + 1))],
  [1, (units, at, random) => units[at] = joined(units[at], random.bytes(random.between(1, 12)))],
  [3, (units, at, random) => {
    const payload = random.bytes(random.pick([0, 1, 4, 5, 6, 8, 20]));
    units.splice(at, 0, frameOf(random.below(11), random.below(64), random.pick([0, 1, 3, 5]), payload));
  }],
  [1, (units, at, random) => {
    units.splice(
      at,
      0,
      ...Array.from({ length: units[at].length > 100 ? 5 : random.pick([50, 600, 1_500]) }, () => units[at]),
    );
  }],
];

/** Frames that were mutated, one to four times; now and then not at all. */
export function mutated(frames: readonly Uint8Array[], random: Random): Uint8Array[] {
  const units = [...frames];
  for (let n = random.weighted([[1, 0], [8, 1], [4, 2], [2, 4]]); n > 0 && units.length > 0; n--) {
    random.weighted(MUTATIONS)(units, random.below(units.length), random);
  }
  return units;
}
