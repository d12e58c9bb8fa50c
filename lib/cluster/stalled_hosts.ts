/**
 * Hosts that get no request for now, by what their partition's log says: they asked to be left alone, or can't be reached.
 *
 * @module
 */

import type { HostStates } from "../core/shared_run.ts";
import { FAILURES_TO_OPEN } from "../engine/circuit_breaker.ts";
import { isRecord } from "./packed.ts";

/** Milliseconds after which a host's wait is no news: the machine that had it may have been gone for long. */
const FORGOTTEN_MS = 10 * 60_000;

/** A host that gets no request for now. */
export interface StalledHost {
  /** Its name. */
  host: string;
  /** Its partition. */
  partition: number;
  /** Why: it said so itself, its circuit breaker is open, or it is given up and its downloads fail. */
  why: "retry-after" | "circuit-open" | "given-up";
  /** When it is asked again, in milliseconds since the epoch. */
  until: number;
}

/**
 * Finds hosts that get no request.
 *
 * @param states What the log says of a partition's hosts: it comes from outside, and what can't be is left out.
 * @param options The partition, and the time in milliseconds since the epoch.
 */
export function* stalledHosts(
  states: HostStates,
  { partition, now }: { partition: number; now: number },
): Generator<StalledHost, void> {
  for (const [host, state] of Object.entries(states)) {
    if (!isRecord(state)) continue;
    const { notBefore, circuit } = state;
    if (isRecord(circuit) && Number(circuit.failures) >= FAILURES_TO_OPEN) {
      const until = Number(circuit.halfOpenAt);
      const why = circuit.hasGivenUp === true ? "given-up" : "circuit-open";
      if (until > now - FORGOTTEN_MS) yield { host, partition, why, until };
    } else if (typeof notBefore === "number" && notBefore > now) {
      yield { host, partition, why: "retry-after", until: notBefore };
    }
  }
}
