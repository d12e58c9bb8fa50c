/** The five scripts of this project, as anyone runs them. */

import { CORES, DOWNLOADS_IN_FLIGHT, IN_FLIGHT_PER_ISOLATE, MAX_IN_FLIGHT, MAX_THREADS } from "../../constants.ts";
import type { Load } from "../load.ts";
import type { Peer } from "../peer.ts";
import { DENO } from "../programs.ts";
import { readJson } from "../read_json.ts";

/** The name of one of our scripts. */
export type Script = "simple" | "threaded" | "async" | "optimized" | "download";

const ABOUT: Record<Script, string> = {
  simple: "one after another",
  threaded: `Web Workers, one download at a time in each, ${MAX_THREADS} of them at most`,
  async: "all at once on Deno's default client",
  optimized: "pools of HTTP/2 clients on every core, as it tunes itself",
  download: "connections of our own, as it tunes itself",
};

/** Whether a script has isolates and HTTP versions to choose from. */
const isTunable = (script: Script) => script === "optimized" || script === "download";

/**
 * One of our scripts.
 *
 * @param script Its name.
 * @returns It as a peer.
 */
export function ours(script: Script): Peer {
  return {
    name: script,
    about: `${script}.ts: ${ABOUT[script]}`,
    http: isTunable(script) ? "2" : "1.1",
    check: "every value, sum",
    needs: [DENO],
    inFlight({ trials, concurrency }) {
      const own = {
        simple: 1,
        threaded: MAX_THREADS,
        async: MAX_IN_FLIGHT,
        optimized: Math.max(MAX_IN_FLIGHT, IN_FLIGHT_PER_ISOLATE * CORES),
        download: DOWNLOADS_IN_FLIGHT,
      }[script];
      return Math.min(trials, concurrency ?? own);
    },
    refuses: ({ workers }) => workers && !isTunable(script) ? `${script}.ts has no --workers` : undefined,
    async command(load, { url, folder }) {
      const path = new URL(`../../${script}.ts`, import.meta.url).pathname;
      const args = [
        Deno.execPath(),
        "run",
        "-A",
        "--quiet",
        path,
        "--json",
        "--quiet",
        ...await what(load, { url, folder, most: this.inFlight(load) }),
      ];
      if (load.concurrency && !load.bytes) args.push(`--concurrency=${load.concurrency}`);
      if (load.bytes && isTunable(script)) args.push("--http=auto");
      if (load.workers) args.push(`--workers=${load.workers}`);
      return { args };
    },
    read: readJson,
  };
}

/** Numbered pages are checked by value; other bodies have to come from a list, which has lower limits by default. */
async function what(load: Load, { url, folder, most }: { url: string; folder: string; most: number }) {
  if (load.bytes === 0) return [`--trials=${load.trials}`, `--url=${url}`];
  const list = `${folder}/urls.txt`;
  await Deno.writeTextFile(list, Array.from({ length: load.trials }, (_, n) => `${url}${n}\n`).join(""));
  return [`--input=${list}`, `--concurrency=${most}`, `--per-host=${most}`];
}
