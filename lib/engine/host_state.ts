/**
 * What is known of a host, to be handed over with its partition in a run that machines share.
 *
 * What comes from another machine is data from outside: its clock may be wrong, and nobody waits for a host for longer than
 * its own answers could have asked for.
 *
 * @module
 */

import { RETRY_AFTER_MOST_MS } from "../http/retry_after.ts";
import type { HostStates } from "../core/shared_run.ts";
import { type CountedFailures, FAILURES_TO_OPEN, GIVEN_UP_OPEN_MS } from "./circuit_breaker.ts";

/** Hosts of a partition that are handed over at most: an entry of a log has bounds. */
const MAX_HOSTS = 1_000;

/** Characters of a host's name at most, with its port (RFC 1035 §2.3.4). */
const MAX_NAME = 262;

/** Milliseconds that a rate limit makes a start wait at most: that of the least rate that a command line can ask for. */
const MAX_START_MS = 1_000_000;

/** What is known of a host. Times are of one clock, in milliseconds. */
export interface HostState {
  /** When it may be asked again, as it said. Default: it said nothing. */
  notBefore?: number;
  /** When the next request may start, by its rate limit. Default: now. */
  nextStart?: number;
  /** Requests per second, if it has set a limit below the one that was asked for. */
  perSecond?: number;
  /** Requests in flight, if it has set a limit below the one that was asked for. */
  limit?: number;
  /** What its circuit breaker has counted. Default: no failure. */
  circuit?: CountedFailures;
}

/** Makes plain data of a state, with times since the epoch. */
export function writeHostState(state: HostState, sinceEpoch: number): unknown {
  const { notBefore, nextStart, circuit } = state;
  const at = (time: number | undefined) => time === undefined ? undefined : Math.round(time + sinceEpoch);
  return {
    ...state,
    notBefore: at(notBefore),
    nextStart: at(nextStart),
    circuit: circuit && { ...circuit, awaySince: at(circuit.awaySince), halfOpenAt: at(circuit.halfOpenAt) },
  };
}

/**
 * Reads what {@linkcode writeHostState} made of some hosts, wherever it comes from.
 *
 * @param states What is said of each.
 * @param clock The time, and milliseconds from the epoch to the start of its clock.
 * @yields Names, and what can be believed.
 */
export function* readHostStates(
  states: HostStates,
  { now, sinceEpoch }: { now: number; sinceEpoch: number },
): Generator<[name: string, state: HostState], void> {
  let count = 0;
  for (const [name, data] of Object.entries(states)) {
    if (name.length > MAX_NAME || !isRecord(data) || ++count > MAX_HOSTS) continue;
    const until = (time: unknown, mostMs: number) => {
      const at = numberOf(time);
      return at === undefined ? undefined : Math.min(at - sinceEpoch, now + mostMs);
    };
    const limit = numberOf(data.limit);
    const state: HostState = {
      notBefore: until(data.notBefore, RETRY_AFTER_MOST_MS),
      nextStart: until(data.nextStart, MAX_START_MS),
      perSecond: numberOf(data.perSecond),
      limit: limit === undefined ? undefined : Math.max(1, limit),
    };
    if (isRecord(data.circuit)) {
      const { failures, reopened, awaySince, halfOpenAt, hasGivenUp } = data.circuit;
      const count = Math.floor(numberOf(failures) ?? 0);
      if (count >= 1) {
        state.circuit = {
          failures: Math.min(count, FAILURES_TO_OPEN),
          reopened: Math.max(0, numberOf(reopened) ?? 0),
          awaySince: until(awaySince, 0) ?? now,
          halfOpenAt: until(halfOpenAt, GIVEN_UP_OPEN_MS) ?? now,
          hasGivenUp: hasGivenUp === true,
        };
      }
    }
    yield [name, state];
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
