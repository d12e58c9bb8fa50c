/**
 * Downloads many pages with one fault, and compares every file.
 *
 * @module
 */

import { download } from "../../download.ts";
import type { FailureKind } from "../../lib/core/outcome.ts";
import type { StrategyOptions } from "../../lib/core/settings.ts";
import { content, contentKey } from "../../site/content.ts";
import { faultSite, isWhole } from "./fault_site.ts";
import type { OwnCase, Way } from "./own_cases.ts";

/** How to download. */
export interface DownloadAllOptions extends Way {
  /** How many pages. */
  count: number;
}

/** What came of it. */
export interface Downloaded {
  /** How many ended how: `done`, or the kind of their failure. */
  ends: Record<string, number>;
  /** Files that aren't whole, among those that are `done`. */
  wrong: number;
  /** What is not as it should be, in a sentence; undefined if all is. */
  problem?: string;
}

/** Bytes of a page; where it is to be resumed, enough to be worth it. */
const BYTES = 5_000;
const RESUMED_BYTES = 2_500_000;

/** How each fault that must fail is to be called. A host of which every connection breaks may be left alone as well. */
const KINDS: Record<string, readonly FailureKind[]> = {
  EMPTY_RESPONSE: ["closed", "circuit-open"],
  CONNECTION_RESET_BY_PEER: ["reset", "circuit-open"],
  MALFORMED_RESPONSE_CHUNK: ["protocol", "truncated"],
  RANDOM_DATA_THEN_CLOSE: ["closed", "protocol", "circuit-open"],
  STALL: ["idle-timeout"],
  TRUNCATE: ["truncated"],
  BIT_FLIP: ["checksum"],
  CONTENT_LENGTH_SHORT: ["checksum"],
  CONTENT_LENGTH_LONG: ["truncated"],
  CONTENT_LENGTH_TWICE: ["protocol"],
  "gzip-trailing-garbage": ["protocol"],
  "gzip-truncated": ["truncated"],
  "gzip-bad-checksum": ["protocol"],
  "gzip-not": ["protocol"],
  "redirect_loop": ["redirect"],
  "TLS expired": ["tls"],
  "TLS wrong-host": ["tls"],
  "TLS self-signed": ["tls"],
  "TLS no-close-notify": ["truncated"],
};
/** Over HTTP/2 a fault is a stream that is reset, a connection that ends, or what isn't HTTP/2 (RFC 9113 §8.1.1). */
const KINDS_OVER_HTTP2: readonly FailureKind[] = ["reset", "closed", "protocol", "truncated", "circuit-open"];

/** What holds for a case if it says nothing else. Failures that a host is left alone for end soon. */
const optionsOf = ({ name, resumed, frames, expect, options }: OwnCase): StrategyOptions => ({
  workers: 1,
  perHost: frames?.flood ? 50 : 200,
  retries: resumed ? 3 : expect.includes("fails") ? 1 : 3,
  backoffMs: 1,
  retryMaxTimeMs: expect.includes("fails") ? 2_000 : 60_000,
  idleTimeoutMs: name === "STALL" ? 300 : 30_000,
  ...options,
});

/** Downloads them. */
export async function downloadAll(fault: OwnCase, options: DownloadAllOptions): Promise<Downloaded> {
  const { count, http, digests } = options;
  const bytes = fault.bytes ?? (fault.resumed ? RESUMED_BYTES : BYTES);
  await using site = await faultSite(fault);
  const output = await Deno.makeTempDir();
  const { urlOf = (site, path) => site + path, query, away } = fault;
  try {
    const urls = async function* () {
      for (let n = 1; n <= count; n++) {
        const url = urlOf(site.url, `${n}?numbytes=${bytes}${query && `&${query}`}`);
        yield { url, name: String(n), ...digests && { sha256: await digestOf(n, bytes) } };
      }
    };
    const ends: Record<string, number> = {};
    let ended = 0;
    await download(urls(), (outcome) => {
      const end = outcome.result === "failed" ? outcome.kind : outcome.result;
      ends[end] = (ends[end] ?? 0) + 1;
      if (away !== undefined && ++ended === Math.ceil(count * 0.3)) site.restart?.(away);
    }, {
      ...optionsOf(fault),
      output,
      http,
      caCerts: site.ca === undefined ? undefined : [site.ca],
    });
    const { files, wrong } = await compare(output, { bytes, versions: digests ? 1 : undefined });
    const problem = problemOf(fault, options, { ends, files, wrong });
    return { ends, wrong, problem };
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

async function digestOf(n: number, bytes: number): Promise<string> {
  const page = content(contentKey(String(n), 0), 0, bytes);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", page)).toHex();
}

async function compare(folder: string, { bytes, versions }: { bytes: number; versions?: number }) {
  let [files, wrong] = [0, 0];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile) continue;
    files++;
    if (!isWhole(await Deno.readFile(`${folder}/${name}`), Number(name), bytes, versions)) wrong++;
  }
  return { files, wrong };
}

function problemOf(
  fault: OwnCase,
  { count, http, digests }: DownloadAllOptions,
  { ends, files, wrong }: { ends: Record<string, number>; files: number; wrong: number },
): string | undefined {
  const done = ends.done ?? 0;
  const isKnowable = fault.knowable || digests;
  if (wrong > 0 && isKnowable) return `${wrong} wrong files are done`;
  if (files !== done) return `${done} are done, but there are ${files} files`;
  const ended = Object.values(ends).reduce((sum, each) => sum + each, 0);
  if (ended !== count) return `${ended} of ${count} are reported`;
  if (!fault.expect.includes("fails") && done < count) return `only ${done} are done`;
  if (!fault.expect.includes("right") && isKnowable && done > 0) return `${done} are done`;
  // A changed page isn't the one whose digest was given.
  const own = fault.kinds ?? KINDS[fault.name] ?? ["checksum"];
  const kinds = http === 2 ? [...KINDS_OVER_HTTP2, ...own] : own;
  const odd = Object.keys(ends).find((end) => end !== "done" && !kinds.includes(end as FailureKind));
  return odd && `${ends[odd]} failed as ${odd}, and not as ${kinds.join(" or ")}`;
}
