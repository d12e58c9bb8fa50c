/**
 * The files that the command line names for logging in: they stand in no command line that others can see.
 *
 * @module
 */

import { readCookieFile } from "../core/cookie_file.ts";
import { UsageError } from "../core/errors.ts";
import type { LoginOptions } from "../core/login_settings.ts";
import { readNetrc } from "./netrc.ts";

/**
 * Reads the files.
 *
 * @param files Where they are. What isn't named is left out.
 * @returns What they say, as options.
 * @throws {UsageError} If one can't be read, or isn't one.
 */
export async function readLoginFiles(
  { netrc, cookies }: { netrc?: string; cookies?: string },
): Promise<Pick<LoginOptions, "logins" | "cookies">> {
  return {
    ...netrc !== undefined && { logins: await readNetrc(netrc) },
    ...cookies !== undefined && { cookies: await readCookies(cookies) },
  };
}

async function readCookies(path: string): Promise<string> {
  try {
    const text = await Deno.readTextFile(path);
    readCookieFile(text);
    return text;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new UsageError(`--cookies ${path} can't be read: ${why}`, { cause });
  }
}
