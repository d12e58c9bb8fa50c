/**
 * What holds for some hosts only: limits, headers, a login; by their names, or by all names under one.
 *
 * @module
 */

import { check } from "./check_option.ts";
import type { Login } from "./login_settings.ts";
import { nearest } from "./nearest.ts";

/** What holds for a host. Every field may be left out. */
export interface HostSettings {
  /** Requests in flight at most, 1 or more. Default: `perHost`. */
  concurrency?: number;
  /** Requests per second at most, more than 0. Default: `rate`. */
  rate?: number;
  /** Headers that only this host gets; they come before `headers`, and after those of a download. Default: none. */
  headers?: Record<string, string>;
  /** A user and password (RFC 7617) that only this host gets. Default: none. */
  login?: Login;
}

/** Options about hosts. */
export interface HostsOptions {
  /**
   * What holds for some hosts only, by name: `example.com`, `example.com:8080` for one port, `*.example.com` for all names
   * under it. Of several that are about a host, each setting is that of the narrowest one that has it. Headers and logins go
   * out without TLS only if the URL was asked for, because any redirect can be made up on the way then. Default: none.
   */
  hosts?: Record<string, HostSettings>;
}

/** What there is to set. */
const FIELDS = ["concurrency", "rate", "headers", "login"] as const satisfies readonly (keyof HostSettings)[];

/** The parts of a login. */
const LOGIN_FIELDS = ["user", "password"];

/**
 * Checks these options.
 *
 * @param options What the caller asked for.
 * @returns The options, complete; names as they are compared.
 * @throws {RangeError} For a limit that can't be.
 * @throws {TypeError} For what is no name of hosts, no header, or nothing that can be set; quotes no header and no login.
 */
export function settleHosts({ hosts = {} }: HostsOptions): Required<HostsOptions> {
  if (!isRecord(hosts)) throw new TypeError("Option hosts takes an object with hosts by name: it is none");
  const entries = Object.entries(hosts).map(([key, settings]) => [hostKey(key), settled(key, settings)] as const);
  const names = entries.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new TypeError(`Option hosts has ${twice} twice, in different spellings`);
  return { hosts: Object.fromEntries(entries) };
}

function settled(key: string, settings: HostSettings): HostSettings {
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new TypeError(`Option hosts takes an object for each host: for ${key} it has none`);
  }
  checkFields(key, settings, FIELDS);
  const { concurrency, rate, headers, login } = settings;
  if (concurrency !== undefined) check(`hosts["${key}"].concurrency`, concurrency, { min: 1, whole: true });
  if (rate !== undefined) check(`hosts["${key}"].rate`, rate, { min: Number.MIN_VALUE });
  return {
    ...concurrency !== undefined && { concurrency },
    ...rate !== undefined && { rate },
    ...headers !== undefined && { headers: checkedHeaders(key, headers) },
    ...login !== undefined && { login: checkedLogin(key, login) },
  };
}

function checkFields(where: string, given: object, fields: readonly string[]): void {
  const unknown = Object.keys(given).find((field) => !fields.includes(field));
  if (unknown === undefined) return;
  const meant = nearest(unknown, fields);
  throw new TypeError(`Option hosts has ${JSON.stringify(unknown)} for ${where}: did you mean ${meant}?`);
}

function checkedHeaders(key: string, headers: unknown): Record<string, string> {
  try {
    if (!isRecord(headers) || Object.values(headers).some((value) => typeof value !== "string")) throw new TypeError();
    return Object.fromEntries(new Headers(headers as Record<string, string>));
  } catch {
    throw new TypeError(`Option hosts has headers for ${key} that can't be sent`); // without their values
  }
}

function checkedLogin(key: string, login: unknown): Login {
  if (!isRecord(login)) {
    throw new TypeError(`Option hosts takes a login with a user and a password: for ${key} it isn't`);
  }
  checkFields(`the login of ${key}`, login, LOGIN_FIELDS);
  const { user, password } = login;
  if (typeof user !== "string" || typeof password !== "string" || user.includes(":")) {
    throw new TypeError(`Option hosts takes a user without a colon, and a password: for ${key} it has others`);
  }
  return { user, password };
}

/** The name of a host, or of those under one, as URLs spell it. */
function hostKey(key: string): string {
  const [, wildcard = "", name] = /^(\*\.)?([^*]+)$/.exec(key) ?? [];
  const url = name === undefined ? null : URL.parse(`http://${name}/`);
  const port = /:(\d+)$/.exec(name ?? "")?.[1];
  if (url === null || url.href !== `http://${url.host}/` || (wildcard !== "" && /^[\d.]+$|^\[/.test(url.hostname))) {
    throw new TypeError(
      `Option hosts takes names such as example.com, example.com:8080 or *.example.com: it has ${key}`,
    );
  }
  return wildcard + url.hostname + (port === undefined ? "" : `:${Number(port)}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Finds what holds for a host. */
export class HostTable {
  readonly #hosts: ReadonlyMap<string, HostSettings>;

  /**
   * Takes what was settled.
   *
   * @param hosts What holds for which hosts.
   */
  constructor(hosts: Record<string, HostSettings>) {
    this.#hosts = new Map(Object.entries(hosts));
  }

  /**
   * Finds what holds for a host.
   *
   * @param host Its name, in lower case, with its port if its URL says one.
   * @param port Its port, if its URL says none. Default: that isn't known.
   * @returns Its settings; those of no name are none.
   */
  for(host: string, port?: string): HostSettings {
    const found: HostSettings = {};
    for (const name of namesFor(host, port)) {
      const settings = this.#hosts.get(name);
      for (const field of FIELDS) {
        if (found[field] === undefined && settings?.[field] !== undefined) {
          Object.assign(found, { [field]: settings[field] });
        }
      }
    }
    return found;
  }
}

/** The names that something may be said under, the narrowest first. */
function* namesFor(host: string, usual?: string): Generator<string, void> {
  const [, name, said] = /^(.*?)(?::(\d*))?$/.exec(host) ?? ["", host];
  const port = said || usual;
  if (port !== undefined) yield `${name}:${port}`;
  yield name;
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    const under = `*${name.slice(dot)}`;
    if (port !== undefined) yield `${under}:${port}`;
    yield under;
  }
}
