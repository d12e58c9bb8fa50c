/**
 * What must come of a server's bytes: the body, to the byte, or a failure. Independent of `lib/`: it reads everything at once, by
 * the RFCs (`oracle_framing.ts`, `oracle_codings.ts`).
 */

import { PackedError } from "./inflate.ts";
import { type Known, type Unpacked, unpacked } from "./oracle_codings.ts";
import { type Ending, framed, listOf, NoAnswer } from "./oracle_framing.ts";

/** What must come of an answer. */
export interface Expected {
  /** The only body that may be called whole; undefined where none may. */
  body?: Uint8Array;
  /** Whether no bytes are right too, because the status has no content (RFC 9110 §15.3.6), although some was sent. */
  mayBeEmpty?: boolean;
  /** Its status, if there is one. */
  status?: number;
  /** Whether a failure is right too, or the only thing that is. */
  mayFail: boolean;
  /** Bytes that the answer has. What is behind them belongs to no request. Undefined where that can't be said. */
  end?: number;
  /** Whether the connection may carry another request. */
  mayReuse: boolean;
  /** Why: the choices that the standards leave, or what is wrong with the bytes. */
  why: string[];
}

/** What is expected of an answer besides its bytes. */
export interface ExpectedOptions {
  /** How the connection goes on behind them. */
  ending: Ending;
  /** Whether the body of an answer with this status is to be unpacked. */
  unpacks: (status: number) => boolean;
  /** What was packed when the bytes were made. */
  known: readonly Known[];
}

/** Says what must come of an answer. */
export function expected(bytes: Uint8Array, { ending, unpacks, known }: ExpectedOptions): Expected {
  try {
    const { status, headers, body, end, mayReuse, choices } = framed(bytes, ending);
    const common = { status, end, mayReuse, mayBeEmpty: status === 205 };
    if (!unpacks(status)) return { ...common, body, mayFail: choices.length > 0, why: choices };
    try {
      const { bytes, choices: more } = decoded(body, headers.get("content-encoding"), known);
      const why = [...choices, ...more];
      return { ...common, body: bytes, mayFail: why.length > 0, why };
    } catch (error) {
      if (!(error instanceof PackedError)) throw error;
      return { ...common, mayFail: true, why: [...choices, `what is packed is ${error.message}`] };
    }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return { mayFail: true, mayReuse: false, why: [error.message] };
  }
}

/** Undoes the content codings, the last first (RFC 9110 §8.4). */
function decoded(body: Uint8Array, header: string[] | undefined, known: readonly Known[]): Unpacked {
  const choices: string[] = [];
  const codings = listOf(header);
  if (codings.length > 3) choices.push("more codings than anybody applies");
  if (header?.some((value) => value.split(",").some((coding) => coding.trim() === ""))) {
    choices.push("empty list elements in Content-Encoding");
  }
  let bytes = body;
  for (const coding of codings.reverse()) {
    const step = unpacked(coding, bytes, known);
    if (step === undefined) throw new PackedError("corrupt", "packed in an unknown way");
    bytes = step.bytes;
    choices.push(...step.choices);
  }
  return { bytes, choices };
}
