/**
 * curl with parallel transfers, in as many processes as it takes: curl 7 caps them at 300 in each.
 * HTTP/1.1, because curl 7.88 fails with `Error in the HTTP2 framing layer` when it shares one connection among these.
 */

import type { Load } from "../load.ts";
import type { Output, Peer, Reading } from "../peer.ts";
import { CURL } from "../programs.ts";

const PARALLEL_MAX = 300;

/** Starts a curl for every configuration, each with a log of its own: curl writes one word at a time. */
const EACH =
  'for config; do curl --config "$config" 2>"$config.log" & done; wait; for config; do cat "$config.log"; done >&2';

/**
 * curl.
 *
 * @param processes Processes at most, each with a run of the pages to itself.
 */
export function curl(processes: number): Peer {
  return {
    name: "curl many",
    about: `curl --parallel --parallel-immediate --parallel-max ${PARALLEL_MAX} (its most), ` +
      `one process for every ${PARALLEL_MAX} pages, ${processes} at most`,
    http: "1.1",
    check: "every status; the digits of all bodies",
    needs: [CURL],
    inFlight: ({ trials, concurrency }) => Math.min(trials, concurrency ?? PARALLEL_MAX * processes),
    async command(load, { url, folder }) {
      const parts = Math.min(processes, Math.ceil(load.trials / PARALLEL_MAX));
      const share = load.trials / parts;
      const configs = Array.from({ length: parts }, async (_, i) => {
        const range = `${Math.round(i * share)}-${Math.round((i + 1) * share) - 1}`;
        const config = `${folder}/curl${i}`;
        const max = Math.min(PARALLEL_MAX, Math.ceil((load.concurrency ?? Infinity) / parts));
        await Deno.writeTextFile(
          config,
          configText(`${url}[${range}]`, { max, discard: load.bytes > 0 }),
        );
        return config;
      });
      const files = await Promise.all(configs);
      return { args: ["sh", "-c", EACH, "sh", ...files] };
    },
    read,
  };
}

function configText(url: string, { max, discard }: { max: number; discard: boolean }): string {
  return [
    "parallel",
    "parallel-immediate",
    `parallel-max = ${max}`,
    "no-progress-meter",
    'write-out = "%{stderr}%{http_code} %{size_download}\\n"',
    `url = "${url}"`,
    ...discard ? ["output = /dev/null"] : [],
  ].join("\n");
}

/** Bodies arrive in any order with nothing between them, so what can be checked is how often each digit occurs. */
function read({ stdout, stderr }: Output, { trials, bytes }: Load): Reading {
  const transfers = stderr.trim().split("\n");
  const good = transfers.filter((line) => bytes ? line === `200 ${bytes}` : line.startsWith("200 ")).length;
  if (good !== trials) throw new Error(`${good} good answers of ${trials}, for example "${transfers.at(-1)}"`);
  if (bytes > 0) return {};
  const expected = digits(Array.from({ length: trials }, (_, n) => n).join(""));
  if (digits(stdout) !== expected) throw new Error(`The digits of all bodies are ${digits(stdout)}, not ${expected}`);
  return {};
}

/** How often each digit occurs. */
function digits(text: string): string {
  const counts = new Map<string, number>();
  for (const digit of text) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  return [...counts].sort().map(([digit, count]) => `${count}x${digit}`).join(" ");
}
