/**
 * Cookies in Netscape's form, as browsers' extensions export them and curl reads and writes them: seven fields with tabs
 * between them (https://curl.se/docs/http-cookies.html).
 *
 * @module
 */

/** A cookie of a file. */
export interface FileCookie {
  /** The host that it is for, and its subdomains unless it is for the host only. */
  domain: string;
  /** Whether subdomains don't get it. */
  isHostOnly: boolean;
  /** The path that it is for. */
  path: string;
  /** Whether it goes over TLS only. */
  isSecure: boolean;
  /** When it ends; undefined if it lasts as long as the session. */
  expires: Date | undefined;
  /** Its name. */
  name: string;
  /** Its value. */
  value: string;
}

/** Before the domain of a cookie that scripts don't see; else `#` begins a comment. */
const HTTP_ONLY = "#HttpOnly_";

/**
 * Reads cookies.
 *
 * @param text What the file says.
 * @returns Its cookies.
 * @throws {TypeError} If a line is something else: names the line, and quotes nothing of it.
 */
export function readCookieFile(text: string): FileCookie[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    const cookie = line.startsWith(HTTP_ONLY) ? line.slice(HTTP_ONLY.length) : line;
    if (cookie.trim() === "" || cookie.startsWith("#")) return [];
    const read = readLine(cookie);
    if (read) return [read];
    throw new TypeError(
      `line ${at + 1} is no cookie in Netscape's form: domain, TRUE or FALSE, path, and so on, with tabs`,
    );
  });
}

function readLine(line: string): FileCookie | undefined {
  const [domain, subdomains, path, secure, seconds, name, value = "", ...more] = line.split("\t");
  const host = domain.replace(/^\./, "");
  const isHost = URL.parse(`http://${host}/`)?.hostname === host.toLowerCase();
  if (!isHost || !isBoolean(subdomains) || !path?.startsWith("/") || !isBoolean(secure)) return undefined;
  if (!/^-?\d{1,15}$/.test(seconds ?? "") || name === undefined || more.length > 0) return undefined;
  const at = Number(seconds);
  return {
    ...{ domain: host, isHostOnly: subdomains === "FALSE", path, isSecure: secure === "TRUE", name, value },
    expires: at === 0 ? undefined : new Date(Math.min(at, MAX_SECONDS) * 1_000),
  };
}

/** As many as a date can have (ECMA-262 §21.4.1.1). */
const MAX_SECONDS = 8.64e12;

function isBoolean(text: string | undefined): boolean {
  return text === "TRUE" || text === "FALSE";
}
