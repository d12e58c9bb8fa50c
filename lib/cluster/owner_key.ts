/**
 * What the key of a partition says: whose it is. Its revision is the epoch that its owner's outcomes are written under.
 *
 * @module
 */

import { BrokerError } from "./broker_error.ts";
import type { KeyValue } from "./key_values.ts";
import { isRecord } from "./packed.ts";

/** What a key of a partition says. */
export interface Owner {
  /** The session's name; empty for a partition that was handed back. */
  session: string;
  /** Whether all its downloads have an outcome. */
  isFinished: boolean;
}

/** Writes an owner. */
export function writeOwner(owner: Owner): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(owner));
}

/**
 * Reads an owner.
 *
 * @param there What the broker gave.
 * @throws {BrokerError} If it is damaged, or says what no machine would.
 */
export function readOwner({ value }: KeyValue): Owner {
  try {
    const owner: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
    if (!isRecord(owner) || typeof owner.session !== "string") throw new Error("it has no session");
    if (owner.session !== "" && !/^[A-Za-z0-9_-]{1,100}$/.test(owner.session)) {
      throw new Error("its session has no name");
    }
    return { session: owner.session, isFinished: owner.isFinished === true };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new BrokerError("other", `The owner of a partition can't be read: ${why}`, { cause });
  }
}
