/**
 * What holds for some hosts only, from a file: limits, headers, and logins, which stand in no command line that others can see.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import { type HostSettings, settleHosts } from "../core/host_settings.ts";
import type { StrategyOptions } from "../core/settings.ts";

/** How to read the file. */
export interface HostsFileOptions {
  /** Whether it goes to other machines, too. Default: false. */
  isShared?: boolean;
  /** Called with a line if others can read a password in it. */
  say: (line: string) => void;
}

/** What a command line says of hosts, and of how to download. */
export interface WithHosts {
  /** The file, if one is named. */
  hosts?: string;
  /** The run that other machines share, if it is one. */
  queue?: unknown;
  /** How to download. */
  download: StrategyOptions;
}

/**
 * Takes in what the file says that a command line names, if it names one.
 *
 * @param options What the command line says.
 * @param say Called with a line if others can read a password in the file.
 * @returns The same, with what the file says.
 * @throws {UsageError} See {@linkcode readHostsFile}.
 */
export async function withHosts<O extends WithHosts>(options: O, say: (line: string) => void): Promise<O> {
  const { hosts: path, queue, download } = options;
  if (path === undefined) return options;
  const hosts = await readHostsFile(path, { isShared: queue !== undefined, say });
  return { ...options, download: { ...download, hosts } };
}

/** The bits of a file's mode by which others than its owner may read it. */
const FOR_OTHERS = 0o044;

/**
 * Reads the file.
 *
 * @param path Where it is.
 * @param options Whether it goes to other machines, and whom to warn.
 * @returns What it says, by host.
 * @throws {UsageError} If it can't be read, or says something else. Quotes no value of it, which may be a secret.
 */
export async function readHostsFile(
  path: string,
  { isShared = false, say }: HostsFileOptions,
): Promise<Record<string, HostSettings>> {
  const hosts = await parsed(path);
  const withLogin = Object.entries(hosts).find(([, { login }]) => login !== undefined)?.[0];
  if (withLogin === undefined) return hosts;
  if (isShared) {
    throw new UsageError(
      `--hosts ${path} has a login for ${withLogin}, which --queue would give to the broker: name a file with logins with ` +
        "--netrc on each machine",
    );
  }
  const { mode } = await Deno.stat(path);
  if (mode !== null && (mode & FOR_OTHERS) !== 0) {
    const octal = (mode & 0o777).toString(8);
    say(`${path} has passwords, and others can read it (mode ${octal}): chmod 600 ${path}`);
  }
  return hosts;
}

async function parsed(path: string): Promise<Record<string, HostSettings>> {
  try {
    const hosts = parseJson(await Deno.readTextFile(path));
    return settleHosts({ hosts: hosts as Record<string, HostSettings> }).hosts;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^Option hosts/, "it") : cause;
    throw new UsageError(`--hosts ${path} can't be read: ${why}`, { cause });
  }
}

/** Says where something is wrong, since the parser's own message quotes it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = /at position (\d+)/.exec((error as Error).message)?.[1];
    const line = at === undefined ? "" : ` in line ${text.slice(0, Number(at)).split("\n").length}`;
    throw new TypeError(`it is no JSON${line}`);
  }
}
