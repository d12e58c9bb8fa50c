/**
 * The options that are about logging in: headers and passwords that only some hosts may see.
 *
 * @module
 */

import { readCookieFile } from "./cookie_file.ts";

/** A user's name and password. */
export interface Login {
  /** The name. */
  user: string;
  /** The password; may be empty. */
  password: string;
}

/** What hosts are told besides what all of them are. Every field may be left out. */
export interface LoginOptions {
  /**
   * Headers for one origin each, by origin (`https://example.com`): sent to it alone, also when a redirect leads there. They
   * come before `headers`, and after those of a download. Default: none.
   */
  originHeaders?: Record<string, Record<string, string>>;
  /**
   * Users and passwords, by host name: sent (RFC 7617) to that host on any port; without TLS only if the URL was asked for,
   * because any redirect can be made up on the way then. Default: none.
   */
  logins?: Record<string, Login>;
  /**
   * The text of a file of cookies in Netscape's form, as curl's. With it, also an empty one, cookies that servers set are kept
   * for the run, in each isolate. Default: they are kept for one chain of redirects.
   */
  cookies?: string;
}

/** These options with defaults filled in. */
export type LoginSettings = Required<Omit<LoginOptions, "cookies">> & Pick<LoginOptions, "cookies">;

/**
 * Checks these options and fills in defaults.
 *
 * @param options What the caller asked for.
 * @returns The options, complete; names of origins, hosts and headers as they are compared.
 * @throws {TypeError} For what is no origin, no host or no header; quotes no value, which may be a secret.
 */
export function settleLogins(options: LoginOptions): LoginSettings {
  const settings: LoginSettings = { originHeaders: {}, logins: {}, cookies: options.cookies };
  for (const [key, headers] of Object.entries(options.originHeaders ?? {})) {
    const url = URL.parse(key);
    if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
      throw new TypeError(`Option originHeaders takes origins such as https://example.com: it has ${key}`);
    }
    settings.originHeaders[url.origin] = { ...settings.originHeaders[url.origin], ...checkedHeaders(key, headers) };
  }
  for (const [key, login] of Object.entries(options.logins ?? {})) {
    const host = URL.parse(`http://${key}/`);
    if (host === null || host.href !== `http://${host.hostname}/`) {
      throw new TypeError(`Option logins takes names of hosts: it has ${key}`);
    }
    const { user, password } = login ?? {};
    if (typeof user !== "string" || typeof password !== "string" || user.includes(":")) {
      throw new TypeError(`Option logins takes a user without a colon, and a password: for ${key} it has others`);
    }
    settings.logins[host.hostname] = { user, password };
  }
  if (options.cookies !== undefined) checkCookies(options.cookies);
  return settings;
}

function checkCookies(text: string): void {
  try {
    readCookieFile(text);
  } catch (cause) {
    throw new TypeError(`Option cookies takes what a file of cookies says: ${(cause as Error).message}`, { cause });
  }
}

function checkedHeaders(origin: string, headers: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    throw new TypeError(`Option originHeaders has a header for ${origin} that can't be sent`); // without its value
  }
}
