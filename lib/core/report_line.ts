/**
 * What a report says of a download: a line of `--report`, and what goes into a shard beside a body.
 *
 * @module
 */

import type { Outcome } from "./outcome.ts";

/**
 * What there is to say of a URL; what isn't known is left out.
 *
 * @param outcome How its download ended.
 */
export function reportLine(outcome: Outcome): Record<string, unknown> {
  const { result, url, from, finalUrl, status, attempts, startedAt, firstByteMs, totalMs, bytes } = outcome;
  const facts = { result, url, from, finalUrl, status };
  const times = {
    attempts,
    startedAt: new Date(startedAt).toISOString(),
    firstByteMs: rounded(firstByteMs),
    ms: rounded(totalMs),
  };
  if (result === "failed") return { ...facts, bytes, ...times, kind: outcome.kind, message: outcome.message };
  const { file, size = bytes } = outcome;
  if (result === "skipped") {
    return {
      ...facts,
      file,
      bytes: size,
      sha256: outcome.sha256,
      ...times,
      reason: outcome.reason,
      message: outcome.message,
    };
  }
  return { ...facts, file, member: outcome.member, bytes: size, sha256: outcome.sha256, ...times };
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
