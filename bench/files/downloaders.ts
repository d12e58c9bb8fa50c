/**
 * Programs that download a list of files into a folder, and how they are tuned.
 *
 * @module
 */

import type { Command } from "../peer.ts";
import { ARIA2, CURL, DENO, type Program, WGET2 } from "../programs.ts";

/** What a downloader is to do. */
export interface FileTask {
  /** The URLs. */
  urls: string[];
  /** A file with them, one per line. */
  list: string;
  /** Where the files go: an empty folder. */
  output: string;
  /** The certificate to trust, a PEM file. */
  certificate: string;
  /** A folder for other files that are needed. */
  folder: string;
}

/** A program that downloads files. */
export interface Downloader {
  /** What tables call it. */
  name: string;
  /** How it was tuned, in one line. */
  about: string;
  /** What must be installed. */
  needs: Program[];
  /** How to start it. */
  command(task: FileTask): Command | Promise<Command>;
}

/**
 * Transfers at once. Of 4, 16, 64 and 200 on 5,000 files of 10 KB, 16 was the fastest for each program or close to it;
 * over HTTP/2, curl 7.88 needed seconds with 64, and wget2 1.99 silently leaves files out now and then, with 4 and
 * with 16. That is why both are there over HTTP/1.1 too.
 */
const LANES = 16;

/** What a program may speak over TLS; without it, all of them speak HTTP/1.1. */
type Protocol = "HTTP/2 where offered" | "HTTP/1.1";

/** Ours. */
function ours(script: "optimized" | "download", protocol: Protocol): Downloader {
  const old = protocol === "HTTP/1.1";
  const path = new URL(`../../${script}.ts`, import.meta.url).pathname;
  return {
    name: old ? `${script} http1.1` : script,
    about: old ? "the same with --http 1" : `${script}.ts --input --output, as it tunes itself`,
    needs: [DENO],
    command: ({ list, output, certificate }) => ({
      args: [Deno.execPath(), "run", "-A", "--quiet", path, "--quiet", ...old ? ["--http=1"] : []]
        .concat(`--input=${list}`, `--output=${output}`, `--cacert=${certificate}`),
    }),
  };
}

/** curl, the list as a configuration file. */
function curl(protocol: Protocol): Downloader {
  return {
    name: protocol === "HTTP/1.1" ? "curl http1.1" : "curl",
    about: `--parallel --parallel-immediate --parallel-max ${LANES}, ${protocol}`,
    needs: [CURL],
    async command({ urls, output, certificate, folder }) {
      const config = `${folder}/curl`;
      const options = ["parallel", "parallel-immediate", `parallel-max = ${LANES}`, "no-progress-meter", "fail"];
      options.push("remote-name-all", `output-dir = "${output}"`, `cacert = "${certificate}"`);
      if (protocol === "HTTP/1.1") options.push("http1.1");
      await Deno.writeTextFile(config, [...options, ...urls.map((url) => `url = "${url}"`)].join("\n"));
      return { args: ["curl", "--config", config] };
    },
  };
}

/** wget2. */
function wget2(protocol: Protocol): Downloader {
  const old = protocol === "HTTP/1.1";
  return {
    name: old ? "wget2 http1.1" : "wget2",
    about: `--max-threads ${LANES}, ${protocol}`,
    needs: [WGET2],
    command: ({ list, output, certificate }) => ({
      args: ["wget2", "--no-config", "--quiet", `--max-threads=${LANES}`, `--input-file=${list}`]
        .concat(`--directory-prefix=${output}`, `--ca-certificate=${certificate}`, old ? "--no-http2" : []),
    }),
  };
}

/** All of them; ours first. */
export const DOWNLOADERS: Downloader[] = [
  ours("download", "HTTP/2 where offered"),
  ours("download", "HTTP/1.1"),
  ours("optimized", "HTTP/2 where offered"),
  ours("optimized", "HTTP/1.1"),
  curl("HTTP/2 where offered"),
  curl("HTTP/1.1"),
  wget2("HTTP/2 where offered"),
  wget2("HTTP/1.1"),
  {
    name: "aria2c",
    about: `--max-concurrent-downloads ${LANES}, one connection for a file, no file allocation, HTTP/1.1`,
    needs: [ARIA2],
    command: ({ list, output, certificate }) => ({
      args: ["aria2c", "--no-conf", "--quiet", `--max-concurrent-downloads=${LANES}`, "--file-allocation=none"]
        .concat("--split=1", "--summary-interval=0", "--auto-save-interval=0", `--ca-certificate=${certificate}`)
        .concat(`--dir=${output}`, `--input-file=${list}`),
    }),
  },
];
