/**
 * Requests of a run that machines share, asked for once more just before they leave: a machine may have been asleep since its
 * lane took the job, and then the host is another's.
 *
 * @module
 */

import type { Send, SendInit } from "../http/send.ts";
import { AttemptError } from "./attempt.ts";

/** What downloads end with that another machine makes. */
export function notOurs(): AttemptError {
  return new AttemptError("aborted", "another machine goes on with it");
}

/**
 * Makes requests leave only as long as they may.
 *
 * @param send What sends them.
 * @param mayGoOn Whether they still may.
 * @returns What sends them, or rejects.
 */
export function gatedSend(send: Send, mayGoOn: () => boolean): Send {
  const gated = (url: string, init: SendInit) => mayGoOn() ? send(url, init) : Promise.reject(notOurs());
  return Object.assign(gated, { isOwn: send.isOwn });
}
