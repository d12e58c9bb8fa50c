/**
 * The clients that are sent against every fault, each as its manual has it: one file, no retries, a deadline.
 *
 * @module
 */

import { ARIA2, CURL, DENO, NODE, type Program, ROOT, WGET2 } from "../programs.ts";
import type { FaultCase } from "./cases.ts";

/** Seconds until a client is to give up: its own deadline where it has one, or else it is ended. */
export const DEADLINE_S = 5;

/** What a client is to download. */
export interface Errand {
  /** What it is asked for. */
  url: string;
  /** An empty folder. */
  folder: string;
  /** The SHA-256 of what it should get, in hexadecimal. */
  sha256: string;
  /** The file with the certificate to trust. */
  ca: string;
  /** Which fault. */
  fault: FaultCase;
}

/** A client. */
export interface FaultClient {
  /** What it is called in the table. */
  name: string;
  /** The program. */
  program: Program;
  /** The command; undefined where it can't do that at all. `$FOLDER/body` is what it has to write. */
  command(errand: Errand): string[] | undefined;
  /** Further environment. */
  env?: (errand: Errand) => Record<string, string>;
  /** Whether what is in the folder is known to be unfinished. Default: it isn't. */
  isUnfinished?: (folder: string) => boolean;
}

const exists = (path: string) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};

/** Node's fetch, as one would write it. It has no ranges of its own, and no digests. */
const NODE_FETCH = `const [url, file] = process.argv.slice(1);
const response = await fetch(url, { signal: AbortSignal.timeout(${DEADLINE_S * 1_000}) });
if (!response.ok) throw new Error(String(response.status));
await (await import("node:fs/promises")).writeFile(file, await response.bytes?.() ?? Buffer.from(await response.arrayBuffer()));`;

/** All of them. */
export const FAULT_CLIENTS: readonly FaultClient[] = [
  {
    name: "curl",
    program: CURL,
    command: ({ url, folder, ca, fault }) =>
      fault.digest ? undefined : [
        ..."curl -q -sS -f -L --http1.1 -m".split(" "),
        String(DEADLINE_S),
        ...fault.coded ? ["--compressed"] : [],
        ...fault.resumed ? ["-C", "-"] : [],
        ...fault.tls ? ["--cacert", ca] : [],
        "-o",
        `${folder}/body`,
        url,
      ],
  },
  {
    name: "wget2",
    program: WGET2,
    command: ({ url, folder, ca, fault }) =>
      fault.digest ? undefined : [
        ..."wget2 --no-config --no-hsts --no-hpkp --no-ocsp -q --tries=1 --max-redirect=10".split(" "),
        `--timeout=${DEADLINE_S}`,
        ...fault.resumed ? ["-c"] : [],
        ...fault.tls ? [`--ca-certificate=${ca}`] : [],
        "-O",
        `${folder}/body`,
        url,
      ],
  },
  {
    name: "aria2c",
    program: ARIA2,
    command: ({ url, folder, ca, sha256, fault }) => [
      ..."aria2c --no-conf -q --max-tries=1 -s1 -c -o body".split(" "),
      `--timeout=${DEADLINE_S}`,
      ...fault.coded ? ["--http-accept-gzip=true"] : [],
      ...fault.tls ? [`--ca-certificate=${ca}`] : [],
      ...fault.digest ? [`--checksum=sha-256=${sha256}`] : [],
      `-d${folder}`,
      url,
    ],
    isUnfinished: (folder) => exists(`${folder}/body.aria2`),
  },
  {
    name: "Node's fetch",
    program: NODE,
    command: ({ url, folder, fault }) =>
      fault.digest || fault.resumed
        ? undefined
        : ["node", "--input-type=module", "-e", NODE_FETCH, "--", url, `${folder}/body`],
    env: ({ ca, fault }): Record<string, string> => fault.tls ? { NODE_EXTRA_CA_CERTS: ca } : {},
  },
  {
    name: "download.ts",
    program: DENO,
    command: ({ url, folder, ca, sha256, fault }) => {
      const list = `${folder}.ndjson`;
      Deno.writeTextFileSync(list, JSON.stringify({ url, name: "body", ...fault.digest ? { sha256 } : {} }));
      return [
        ...[Deno.execPath(), "run", "-A", new URL("download.ts", ROOT).pathname, "-i", list, "-o", folder],
        ...`--retries 0 --quiet --idle-timeout ${DEADLINE_S}s`.split(" "),
        ...fault.tls ? ["--cacert", ca] : [],
      ];
    },
  },
];
