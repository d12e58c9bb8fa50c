/**
 * Users and passwords from a `.netrc`, as curl and ftp(1) read it: they stand in no command line that others can see.
 *
 * @module
 */

import { UsageError } from "../core/errors.ts";
import { type Login, settleLogins } from "../core/login_settings.ts";

/** What ends a macro: an empty line. */
const MACRO = /^[ \t]*macdef\b[^]*?(?:\n[ \t]*\n|$(?![^]))/gm;

/** A token, in quotes or not; quotes as curl reads them. */
const TOKEN = /"((?:[^"\\]|\\[^])*)"|(\S+)/g;

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t" };

/**
 * Reads a file of users and passwords.
 *
 * @param path Where it is.
 * @returns Them, by host. Its `default` is left out: that password would go to every host of a list.
 * @throws {UsageError} If it can't be read, or isn't one.
 */
export async function readNetrc(path: string): Promise<Record<string, Login>> {
  try {
    return settleLogins({ logins: parseNetrc(await Deno.readTextFile(path)) }).logins;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : cause;
    throw new UsageError(`--netrc ${path} can't be read: ${why}`, { cause });
  }
}

/**
 * Reads users and passwords.
 *
 * @param text What the file says.
 * @returns Them, by host; the first of each.
 * @throws {TypeError} If it says something else; quotes nothing of it.
 */
export function parseNetrc(text: string): Record<string, Login> {
  const tokens = tokensOf(text);
  const logins = new Map<string, Login>();
  let login: Login = { user: "", password: "" };
  for (let at = 0; at < tokens.length; at++) {
    const key = tokens[at];
    if (key === "default") {
      login = { user: "", password: "" };
      continue;
    }
    const value = tokens[++at];
    if (value === undefined) throw new TypeError("it ends in the middle of an entry");
    if (key === "machine") {
      login = { user: "", password: "" };
      if (!logins.has(value)) logins.set(value, login);
    } else if (key === "login") login.user = value;
    else if (key === "password") login.password = value;
    else if (key !== "account") throw new TypeError("it has something else than machine, login and password");
  }
  return Object.fromEntries([...logins].filter(([, { user, password }]) => user !== "" || password !== ""));
}

/** Without comments, which are lines of their own, and macros. */
function tokensOf(text: string): string[] {
  const plain = text.replaceAll("\r\n", "\n").replace(MACRO, "\n").replace(/^[ \t]*#.*$/gm, "");
  return Array.from(plain.matchAll(TOKEN), ([, quoted, token]) => {
    return token ?? quoted.replace(/\\([^])/g, (_, each: string) => ESCAPES[each] ?? each);
  });
}
