/** Makes cases of the HTTP/1.1 targets. */

import { answer, extra } from "./answers.ts";
import { joined } from "./bytes.ts";
import { type Case, type Exchange, WAYS } from "./case.ts";
import { mutated, packets } from "./mutators.ts";
import type { Random } from "./random.ts";

/** Makes a case: one to five requests over one client. */
export function generateCase(random: Random): Case {
  const label = random.next().toString(36);
  const exchanges = Array.from({ length: random.weighted([[4, 1], [3, 2], [2, 3], [1, 5]]) }, (_, n) => {
    return exchange(`${label}-${n}`, random);
  });
  return { exchanges };
}

function exchange(label: string, random: Random): Exchange {
  const { bytes, untilClose, known } = answer(label, random);
  const sent = random.chance(0.35) ? mutated(bytes, random) : bytes;
  const all = random.chance(0.12) ? joined(sent, extra(label, random)) : sent;
  const ending = untilClose && random.chance(0.9) ? "close" : random.weighted(
    [[75, "open"], [20, "close"], [5, "reset"]] as const,
  );
  const way = random.pick(WAYS);
  return {
    packets: packets(all, random),
    ending,
    late: ending === "open" && random.chance(0.1) ? extra(label, random) : new Uint8Array(),
    pause: random.pick([0, 0, 1, 3]),
    way,
    view: random.pick([1, 3, 10, 100, 5_000, 16_384, 70_000]),
    raw: way !== "save" && way !== "drain" && random.chance(0.05),
    known,
  };
}
