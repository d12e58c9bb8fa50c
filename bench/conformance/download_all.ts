/**
 * One run of one of our scripts against one port of a server, and whether every file is what the server has.
 *
 * @module
 */

import type { Endpoint } from "../servers/server.ts";
import { compareFiles, type FileSet } from "./file_set.ts";

/** Milliseconds after which a run counts as hung. */
const TIMEOUT_MS = 300_000;

/** How to download. */
export interface DownloadOptions {
  /** The script, a path. */
  script: string;
  /** Whether it asks servers for content codings; those that use fetch don't. */
  asksForCodings: boolean;
  /** The certificate authority to trust, a PEM file. */
  authority: string;
  /** A folder for the files, which is empty again afterwards. */
  folder: string;
}

/** What came of a run. */
export interface Row {
  /** The server. */
  server: string;
  /** Its version. */
  version: string;
  /** What was spoken. */
  protocol: string;
  /** How many files there are. */
  files: number;
  /** How many were downloaded with the right bytes. */
  right: number;
  /** How many with other bytes, or that nobody asked for. */
  wrong: number;
  /** How many weren't downloaded. */
  failed: number;
  /** Attempts after the first, in all. */
  retries: number;
  /** Seconds from the start of the process to its end. */
  seconds: number;
  /** What isn't as it should be, in words; nothing if all is. */
  problems: string[];
}

/** What of the script's JSON result is looked at. */
interface Result {
  done: number;
  retries: number;
  failures: { kind: string; count: number; example: { url: string; message: string } }[];
}

/**
 * Downloads all files, and compares them.
 *
 * @param endpoint Where from.
 * @param files What is there.
 * @param options How.
 * @returns What came of it, but for the server's name.
 */
export async function downloadAll(
  endpoint: Endpoint,
  files: FileSet,
  { script, asksForCodings, authority, folder }: DownloadOptions,
): Promise<Omit<Row, "server" | "version">> {
  const work = await Deno.makeTempDir({ dir: folder });
  try {
    const list = `${work}/list.txt`;
    const output = `${work}/files`;
    await Deno.writeTextFile(list, [...files.digests.keys()].map((name) => `${endpoint.url}${name}\n`).join(""));
    const logged = await lengthOf(endpoint.log?.file);
    const args = ["run", "-A", "--quiet", script, "--quiet", "--json", `--http=${endpoint.http}`];
    args.push(`--input=${list}`, `--output=${output}`, `--cacert=${authority}`);
    const start = performance.now();
    const command = new Deno.Command("timeout", {
      args: ["--signal=KILL", `${TIMEOUT_MS / 1_000}`, Deno.execPath(), ...args],
      stdin: "null",
    });
    const { code, stdout, stderr } = await command.output();
    const seconds = (performance.now() - start) / 1_000;
    const result = readResult(new TextDecoder().decode(stdout));
    const verdict = await compareFiles(output, files);
    const problems = [
      ...verdict.wrong.length ? [`wrong: ${some(verdict.wrong)}`] : [],
      ...verdict.missing.length ? [`failed: ${some(verdict.missing)}`] : [],
      ...await notSpoken(endpoint, { from: logged, files: files.digests.size, asksForCodings }),
      ...result?.retries ? [`${result.retries} attempts were in vain`] : [],
      ...notSaid({ code, result, right: verdict.right, files: files.digests.size }),
    ];
    if (!result) problems.push(`no result: ${new TextDecoder().decode(stderr).trim().slice(-300)}`);
    return {
      protocol: endpoint.protocol,
      files: files.digests.size,
      right: verdict.right,
      wrong: verdict.wrong.length,
      failed: verdict.missing.length,
      retries: result?.retries ?? 0,
      seconds,
      problems,
    };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

function readResult(stdout: string): Result | undefined {
  try {
    return JSON.parse(stdout);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // it crashed, hung or printed something else
    throw error;
  }
}

/** Whether the script's own account is what is on disk. */
function notSaid(run: { code: number; result: Result | undefined; right: number; files: number }): string[] {
  const { code, result, right, files } = run;
  const problems: string[] = [];
  if ((code === 0) !== (right === files)) problems.push(`exit code ${code}`);
  if (result && result.done !== right) problems.push(`says that ${result.done} are done`);
  for (const { kind, count, example } of result?.failures ?? []) {
    problems.push(`${count} ${kind}, for example ${example.url}: ${example.message}`);
  }
  return problems;
}

/** Whether the server's log says that it spoke what it was asked to. */
async function notSpoken(
  { log }: Endpoint,
  { from, files, asksForCodings }: { from: number; files: number; asksForCodings: boolean },
): Promise<string[]> {
  if (!log) return [];
  const lines = (await Deno.readTextFile(log.file)).slice(from).trimEnd().split("\n");
  const right = lines.filter((line) => log.right.test(line)).length;
  const problems = right < files ? [`the server logged ${right} such answers, and for example ${lines.at(-1)}`] : [];
  if (asksForCodings && log.coded && !lines.some((line) => log.coded?.test(line))) {
    problems.push(`the server logged no answer like ${log.coded}`);
  }
  return problems;
}

async function lengthOf(file: string | undefined): Promise<number> {
  try {
    return file === undefined ? 0 : (await Deno.readTextFile(file)).length;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0; // there is nothing in it yet
    throw error;
  }
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 3).join(", ")}${names.length > 3 ? " and more" : ""}`;
}
