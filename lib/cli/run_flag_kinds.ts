/**
 * Kinds of flags that only the scripts have.
 *
 * @module
 */

import { isMediaPattern } from "../core/file_settings.ts";
import type { RetryOn } from "../core/settings.ts";
import { type Flag, type FlagText, listFlag, textFlag } from "./flags.ts";

/** A flag for a file that lines of JSON are written to: its name must not say that it is something else. */
export function jsonLinesFlag(flag: FlagText<undefined>): Flag<string | undefined> {
  const text = textFlag(flag);
  return {
    ...text,
    parse(path) {
      if (path === "-") throw new RangeError("the name of a file, which is replaced when the run ends");
      if (/\.(csv|gz)$/i.test(path)) {
        throw new RangeError("a name that doesn't end in .csv or .gz: it holds lines of JSON");
      }
      return text.parse(path);
    },
  };
}

/** A header, and the origin that alone gets it, if that isn't every one. */
export type HeaderFlagValue = [name: string, value: string, origin?: string];

/** A flag whose value is a header, perhaps after the origin that it is for; may be given several times. */
export function headersFlag(flag: FlagText<HeaderFlagValue[]>): Flag<HeaderFlagValue[]> {
  return listFlag({ value: "'[ORIGIN ]NAME: VALUE'", ...flag, each: readHeader });
}

function readHeader(text: string): HeaderFlagValue {
  const [, from, name, value] = /^(?:(https?:\/\/\S+)\s+)?([^:\s]+):\s*(.*)$/i.exec(text) ?? [];
  try {
    if (name !== undefined && !/^https?$/i.test(name)) {
      const [header] = [...new Headers([[name, value]])];
      if (from === undefined) return header;
      const url = new URL(from);
      if (url.href === `${url.origin}/`) return [...header, url.origin];
    }
  } catch {
    // Reported below, without the cause, since that would quote a value that may be a secret.
  }
  throw new RangeError("a header's name, a colon and its value, perhaps after an origin such as https://example.com");
}

/** A flag whose value is a list of statuses that are retried, or `none`. */
export function statusesFlag(flag: FlagText<undefined>): Flag<RetryOn | undefined> {
  return {
    value: "LIST",
    ...flag,
    parse(text) {
      if (text === "none") return text;
      const statuses = text.split(",").map((each) => each.trim());
      if (statuses.every((each) => /^[45]\d\d$/.test(each))) return statuses.map(Number);
      throw new RangeError("statuses from 400 to 599 with commas between them, or none");
    },
  };
}

/** A flag whose value is media types, with `*` for anything; separated by commas, or each with a flag of its own. */
export function typesFlag(flag: FlagText<string[]>): Flag<string[]> {
  return {
    value: "TYPES",
    default: [],
    ...flag,
    repeatable: true,
    parse(text) {
      const types = text.split(",").map((each) => each.trim());
      if (types.every(isMediaPattern)) return types;
      throw new RangeError("types such as image/png or image/*, with commas between them");
    },
  };
}

/** A flag whose value is the URL of a proxy. */
export function proxyFlag(flag: FlagText<undefined>): Flag<string | undefined> {
  return {
    value: "URL",
    ...flag,
    parse(text) {
      if (/^(https?|socks5h?):$/.test(URL.parse(text)?.protocol ?? "")) return text;
      throw new TypeError("an http://, https:// or socks5:// URL");
    },
  };
}
