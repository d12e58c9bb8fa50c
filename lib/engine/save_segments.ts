/**
 * A body that may come in segments, from its first answer to its file.
 *
 * @module
 */

import { KEEP_PARTIAL_FROM } from "../../constants.ts";
import type { Answer } from "../core/answer.ts";
import type { Validator } from "../disk/resume.ts";
import { isOfWrongBytes, type Saved, type Saver, type SaveTarget, triedOn } from "../disk/save.ts";
import { NoRoomError, SegmentFile } from "../disk/segment_store.ts";
import type { Attempt } from "./attempt.ts";
import type { Leave } from "./further_requests.ts";
import { SegmentedBody } from "./segmented_body.ts";

/** What {@linkcode saveSegments} needs. */
export interface SegmentsOptions {
  /** The attempt, which has the answer. */
  attempt: Attempt;
  /** Gives leave for further requests. */
  leave: Leave;
  /** Saves the body. */
  saver: Saver;
  /** Where it is to go and what it must be. */
  target: SaveTarget & { length: number; validator: Validator };
}

/**
 * Saves the body of a response, and fetches parts of it over connections of their own.
 *
 * @param response The response: the whole, or everything from the first byte on that is missing.
 * @param options What fetches and saves it.
 * @returns Where it is saved, and how many requests that took; undefined if it has to be asked for again, and fetched whole.
 * @throws {SaveError} If it isn't what it must be, or its name can't be had.
 * @throws {CannotWriteError} If nothing can be written.
 * @throws {Error} Why the last of its connections has failed.
 */
export async function saveSegments(
  response: Answer,
  { attempt, leave, saver, target }: SegmentsOptions,
): Promise<Saved & { segments?: number } | undefined> {
  const { length, key, validator, resumes } = target;
  const path = saver.unfinished.pathOf(key);
  const { holds } = attempt.session.deadlines;
  let file: SegmentFile | undefined;
  try {
    file = new SegmentFile(path, { tried: triedOn(target), length, key, validator, resumes });
    if (attempt.progress) Object.assign(attempt.progress, { before: file.bytes, whole: length });
    const body = new SegmentedBody(response, { attempt, leave, validator, length, resumes, file });
    if (!await body.run()) return saver.unfinished.forget(path);
    file.end();
    const saved = await saver.saveWritten(path, length, target);
    return body.requests > 1 ? { ...saved, segments: body.requests } : saved;
  } catch (cause) {
    if (cause instanceof NoRoomError) {
      await response.body?.cancel();
      return saver.unfinished.forget(path);
    }
    const isKept = file !== undefined && file.bytes >= KEEP_PARTIAL_FROM && !isOfWrongBytes(cause);
    if (isKept) target.onKept?.(file?.bytes ?? 0);
    else saver.unfinished.forget(path);
    await response.body?.cancel();
    throw cause;
  } finally {
    file?.[Symbol.dispose]();
    holds.end(attempt);
  }
}
