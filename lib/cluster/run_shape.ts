/**
 * How a run is divided, and what whoever joins it has to know: checked before it is written, and after it was read.
 *
 * @module
 */

import { quoted } from "../core/printable.ts";
import { BrokerError } from "./broker_error.ts";

/** Partitions of a run when nobody says otherwise. */
export const PARTITIONS = 256;

/** Partitions of a run at most: taking one over takes some 20 ms. */
const MAX_PARTITIONS = 4_096;

/** Streams at most that each of a run's two logs is spread over. */
const MAX_STREAMS = 64;

/** Partitions that one stream holds when nobody says otherwise: a single broker is no faster with more streams. */
const PARTITIONS_PER_STREAM = 1_024;

/** Copies at most: what NATS allows. */
const MAX_REPLICAS = 5;

/** Bytes of a run's description at most. */
const MAX_RUN_BYTES = 65_536;

/** How a new run is divided. */
export interface RunShape {
  /** Partitions, from 1 to 4,096. Default: 256. */
  partitions?: number;
  /** Streams that its partitions are spread over, which the nodes of a cluster share, from 1 to 64. Default: 1 for each 1,024 partitions. */
  streams?: number;
  /** Copies of everything at the brokers of a cluster, from 1 to 5. Default: 1. */
  replicas?: number;
  /** What whoever joins has to know, as plain data: limits and flags. Default: nothing. */
  settings?: unknown;
}

/** Streams that so many partitions are spread over when nobody says otherwise. */
export function streamsFor(partitions: number): number {
  return Math.ceil(partitions / PARTITIONS_PER_STREAM);
}

/** Refuses what can't be the name of a run. */
export function checkRunName(name: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new TypeError(`run must be 1 to 64 letters, digits, "_" and "-": ${quoted(name, 80)}`);
  }
}

/**
 * Refuses a shape that can't be had.
 *
 * @param shape How a run is to be divided.
 * @param version The server's version.
 * @throws {RangeError} If it can't be had, with the reason.
 */
export function checkShape({ partitions = PARTITIONS, streams = 1, replicas = 1 }: RunShape, version: string): void {
  checkNumber("partitions", partitions, MAX_PARTITIONS);
  checkNumber("streams", streams, MAX_STREAMS);
  checkNumber("replicas", replicas, MAX_REPLICAS);
  // Several writers won the same compare-and-swap: https://github.com/nats-io/nats-server/issues/4320
  if (replicas > 1 && !isAtLeast(version, 2, 11)) {
    throw new RangeError(
      `replicas must be 1 on nats-server ${version}: before 2.11, several machines can take the same partition at once ` +
        `where it has copies (nats-server #4320), got ${replicas}`,
    );
  }
}

/** What the broker keeps of a run. */
export function writeShape(shape: Required<RunShape>): Uint8Array {
  const value = new TextEncoder().encode(JSON.stringify(shape));
  if (value.length > MAX_RUN_BYTES) throw new RangeError(`settings must be at most ${MAX_RUN_BYTES} bytes as JSON`);
  return value;
}

function checkNumber(option: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`${option} must be a whole number from 1 to ${max}, got ${value}`);
  }
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [its = NaN, itsMinor = NaN] = version.split(".").map(Number);
  return its > major || (its === major && itsMinor >= minor);
}

/**
 * Reads what the broker keeps of a run.
 *
 * @param name The run's name.
 * @param value What {@linkcode writeShape} made.
 * @throws {BrokerError} If it is anything else.
 */
export function readShape(
  name: string,
  value: Uint8Array,
): { partitions: number; streams: number; replicas: number; settings: unknown } {
  try {
    if (value.length > MAX_RUN_BYTES) throw new Error("it is too long");
    const { partitions, streams = 1, replicas, settings } = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(value),
    );
    checkNumber("partitions", partitions, MAX_PARTITIONS);
    checkNumber("streams", streams, MAX_STREAMS);
    checkNumber("replicas", replicas, MAX_REPLICAS);
    return { partitions, streams, replicas, settings };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new BrokerError("other", `What the broker says of the run ${name} can't be read: ${why}`, { cause });
  }
}
