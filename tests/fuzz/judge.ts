/** Compares what came with what must come. */

import { isSame, joined, shown } from "./bytes.ts";
import type { Exchange } from "./case.ts";
import { type Expected, expected } from "./oracle.ts";
import { MUTATED_BROTLI } from "./oracle_codings.ts";
import { BrokenPromise, type Came } from "./read_by.ts";
import type { Finding } from "./target.ts";

/** What must come of an exchange. */
export function expectedOf({ packets, ending, raw, known }: Exchange): Expected {
  return expected(joined(...packets), { ending, unpacks: (status) => !raw && isSuccess(status), known });
}

/** Whether a way to read goes through a whole attempt, which takes no status but those of success. */
export function isAttempt({ way }: Exchange): boolean {
  return way === "save" || way === "drain";
}

/** Whether nothing but the whole body will do. */
export function mustSucceed(exchange: Exchange, { status = 0, mayFail }: Expected): boolean {
  return !mayFail && (!isAttempt(exchange) || isSuccess(status));
}

/** A status that a download ends well with; of a part that wasn't asked for it doesn't (RFC 9110 §15.3.7). */
function isSuccess(status: number): boolean {
  return status >= 200 && status < 300 && status !== 206;
}

/** Says what is wrong with what came, if anything is. */
export function judge(exchange: Exchange, must: Expected, came: Came): Finding | undefined {
  const because = must.why.length > 0 ? ` (${must.why.join("; ")})` : "";
  if (came.kind === "hang") return { rule: "hangs beyond its deadline", detail: `read by ${exchange.way}${because}` };
  if (came.kind === "failure") {
    const { error } = came;
    if (error instanceof BrokenPromise) return { rule: error.message, detail: because };
    if (!mustSucceed(exchange, must)) return undefined;
    return { rule: `refuses what is right: ${classOf(error)}`, detail: `${error}` };
  }
  if (must.status !== undefined && came.status !== must.status) {
    return { rule: "gives another status", detail: `${came.status}, not ${must.status}` };
  }
  if (must.body === undefined) {
    if (came.kind === "start") return undefined; // what is wrong may come later
    const bytes = came.bytes ? shown(came.bytes, 200) : `${came.count} bytes`;
    return { rule: `calls whole what is not: ${must.why.at(-1)}`, detail: `${bytes}${because}` };
  }
  if (isAttempt(exchange) && !isSuccess(came.status)) {
    return { rule: "calls done what has no such status", detail: `${came.status}` };
  }
  if (came.kind === "start" && must.why.includes(MUTATED_BROTLI)) return undefined;
  const count = came.bytes?.length ?? ("count" in came ? came.count : undefined);
  if (must.mayBeEmpty && count === 0) return undefined;
  return judgeBytes(exchange, must.body, came, because);
}

/** What came with an end. */
type Ended = Extract<Came, { kind: "whole" | "start" }>;

function judgeBytes(exchange: Exchange, body: Uint8Array, came: Ended, because: string): Finding | undefined {
  if (came.kind === "whole" && came.bytes === undefined) {
    if (came.count === body.length) return undefined;
    return { rule: "counts other bytes", detail: `${came.count}, not ${body.length}${because}` };
  }
  const right = exchange.way === "text" ? new TextEncoder().encode(new TextDecoder().decode(body)) : body;
  const bytes = came.bytes ?? new Uint8Array();
  if (isSame(bytes, came.kind === "start" ? right.subarray(0, bytes.length) : right)) return undefined;
  return { rule: "gives other bytes", detail: `${shown(bytes, 200)}, not ${shown(right, 200)}${because}` };
}

/** An error without what differs from case to case. */
function classOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.replaceAll(/"(\\.|[^"\\])*"/g, '"..."').replaceAll(/\d+/g, "N").slice(0, 100);
}

/** Why the connection of an exchange must not carry another request, if it must not. */
export function whyNoReuse(exchange: Exchange, must: Expected): string | undefined {
  const bytes = joined(...exchange.packets);
  if (must.end === undefined) return "what came over it was no answer";
  if (!must.mayReuse) return "its answer says so, or ends with it";
  const after = joined(bytes.subarray(must.end), exchange.late);
  // Empty lines do no harm, and servers used to send them
  if (after.some((byte) => byte !== 13 && byte !== 10)) return `${after.length} bytes came behind its answer`;
}
