/**
 * Downloads from servers that nobody here wrote, over everything that they speak, and compares every file.
 *
 *     deno task conformance                                        all servers that are installed: about 8 minutes
 *     deno task conformance --install                              the same, after installing those that are missing
 *     deno task conformance --only nginx --protocol "TLS 1.3" --files 200
 *     deno task conformance --help
 *
 * @module
 */

import { CommandError, UsageError } from "../lib/core/errors.ts";
import { HELP, integerFlag, sizeFlag, switchFlag, textFlag } from "../lib/cli/flags.ts";
import { command } from "./command.ts";
import { downloadAll } from "./conformance/download_all.ts";
import { fileSizes, makeFileSet } from "./conformance/file_set.ts";
import { conformanceMarkdown, type ConformanceResults, isAllRight } from "./conformance/report.ts";
import { install } from "./install.ts";
import { lookAround } from "./machine.ts";
import { DENO, installCommand, OPENSSL } from "./programs.ts";
import { apache } from "./servers/apache.ts";
import { caddy } from "./servers/caddy.ts";
import { type Certificates, makeCertificates } from "./servers/certificates.ts";
import { h2o } from "./servers/h2o.ts";
import { nghttpd } from "./servers/nghttpd.ts";
import { nginx, nginxBrotli } from "./servers/nginx.ts";
import { node } from "./servers/node.ts";
import { pythonH2, pythonHttp } from "./servers/python.ts";
import type { Server } from "./servers/server.ts";
import { writeOrPrint } from "./write_file.ts";

const SERVERS: Server[] = [nginx, nginxBrotli, node, nghttpd, apache, caddy, h2o, pythonHttp, pythonH2];

/** A folder in memory, where there is one: no disk is to be tested. */
const MEMORY = "/dev/shm";

const SCRIPTS = ["download", "optimized", "async", "threaded", "simple"];

const FLAGS = {
  script: textFlag({ about: "the script that downloads", default: "download.ts" }),
  files: integerFlag({ about: "files to download from each port", min: 1, max: 99_999, default: 5_000 }),
  most: sizeFlag({ about: "size of the largest", min: 1, default: 50_000_000 }),
  only: textFlag({ about: `only these servers, with commas: ${SERVERS.map(({ name }) => name).join(", ")}` }),
  protocol: textFlag({ about: "only protocols whose names contain this" }),
  install: switchFlag({ about: "install the servers that are missing, with apt-get (as root)" }),
  markdown: textFlag({ about: "write the table here", value: "FILE" }),
  help: HELP,
};

if (import.meta.main) Deno.exit(await main(Deno.args));

/** The command; returns its exit code: 0, 1 when anything isn't right, 2 for a bad command line. */
function main(args: readonly string[]): Promise<number> {
  const about = "Downloads from servers that nobody here wrote, and compares every file.";
  return command(args, { task: "conformance", about, flags: FLAGS }, async (flags) => {
    const results = await run(flags);
    await writeOrPrint(conformanceMarkdown(results), flags.markdown);
    return isAllRight(results) ? 0 : 1;
  });
}

interface Wanted {
  script: string;
  files: number;
  most: number;
  only: string | undefined;
  protocol: string | undefined;
  install: boolean;
}

async function run(wanted: Wanted): Promise<ConformanceResults> {
  const script = scriptPath(wanted.script);
  const chosen = chooseServers(wanted.only);
  const programs = new Set([DENO, OPENSSL, ...chosen.flatMap(({ needs }) => needs)]);
  if (wanted.install) await install(programs);
  const { conditions, missing } = await lookAround(programs, "conformance");
  if (missing.has(OPENSSL)) throw new CommandError(`not installed: ${installCommand(OPENSSL)}`);

  const { files: number, most } = wanted;
  const results: ConformanceResults = {
    conditions,
    script: wanted.script,
    files: number,
    bytes: 0,
    most,
    rows: [],
    leftOut: [],
  };
  const folder = await Deno.makeTempDir({ dir: isFolder(MEMORY) ? MEMORY : undefined, prefix: "conformance-" });
  try {
    await Deno.chmod(folder, 0o755); // some servers run as another user
    const root = `${folder}/root`;
    await Deno.mkdir(root);
    const files = await makeFileSet(root, fileSizes(number, most));
    results.bytes = files.bytes;
    const certificates = await makeCertificates(folder);
    for (const server of chosen) {
      const absent = server.needs.filter((program) => missing.has(program));
      if (absent.length) {
        const why = `not installed; \`${absent.map(installCommand).join(" && ")}\``;
        results.leftOut.push({ server: server.name, why });
        continue;
      }
      const version = conditions.versions[server.needs[0].name];
      await runServer(
        { server, version, script, certificates, folder, root, protocol: wanted.protocol },
        files,
        results,
      );
    }
    return results;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface ServerRun {
  server: Server;
  version: string;
  script: string;
  certificates: Certificates;
  folder: string;
  root: string;
  protocol: string | undefined;
}

/** Starts a server, and downloads from each of its ports. */
async function runServer(
  { server, version, script, certificates, folder, root, protocol = "" }: ServerRun,
  files: Awaited<ReturnType<typeof makeFileSet>>,
  { rows }: ConformanceResults,
): Promise<void> {
  const own = await Deno.makeTempDir({ dir: folder });
  await Deno.chmod(own, 0o777);
  const { authority, ...identity } = certificates;
  await using running = await server.start({ root, folder: own, ...identity });
  for (const endpoint of running.endpoints.filter((one) => one.protocol.includes(protocol))) {
    const asksForCodings = script.endsWith("/download.ts");
    const row = await downloadAll(endpoint, files, { script, asksForCodings, authority, folder });
    rows.push({ server: server.name, version, ...row });
    const { right, wrong, failed, seconds, problems } = row;
    console.error(
      `${server.name}, ${endpoint.protocol}: ${right} right, ${wrong} wrong, ${failed} failed, ${seconds.toFixed(1)} s`,
    );
    for (const problem of problems) console.error(`  ${problem}`);
  }
}

function scriptPath(name: string): string {
  if (!SCRIPTS.includes(name.replace(/\.ts$/, ""))) {
    throw new UsageError(`--script is one of ${SCRIPTS.join(", ")}, not ${name}`);
  }
  return new URL(`../${name.replace(/\.ts$/, "")}.ts`, import.meta.url).pathname;
}

function chooseServers(only: string | undefined): Server[] {
  if (only === undefined) return SERVERS;
  const names = only.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !SERVERS.some((server) => server.name === name));
  if (unknown !== undefined) {
    throw new UsageError(`--only is one or more of ${SERVERS.map(({ name }) => name).join(", ")}, not ${unknown}`);
  }
  return SERVERS.filter(({ name }) => names.includes(name));
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
