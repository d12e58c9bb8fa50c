/**
 * What a list says about one download, checked.
 *
 * @module
 */

import { quoted } from "../core/printable.ts";
import type { Download } from "../core/download.ts";

/** Origins remembered as valid at most, about 100 bytes each. */
const MAX_ORIGINS = 10_000;

/**
 * Makes a download of a record. Fields of other names are ignored.
 *
 * @param record What a line of the list says.
 * @returns The download, or what is wrong with it.
 */
export function readRecord(record: unknown): Download | string {
  if (!isRecord(record)) return "it is not a JSON object";
  const { url, name, sha256, headers } = record;
  if (typeof url !== "string") return "it has no url";
  const problem = urlProblem(url);
  if (problem !== undefined) return problem;
  const download: Download = { url };
  if (name !== undefined && name !== null) {
    if (typeof name !== "string" || name === "") return "its name is not a text";
    download.name = name;
  }
  if (sha256 !== undefined && sha256 !== null) {
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256)) return "its sha256 is not 64 hexadecimal digits";
    download.sha256 = sha256.toLowerCase();
  }
  if (headers !== undefined && headers !== null) {
    if (!isHeaders(headers)) return "its headers are not an object of valid HTTP header names and values";
    download.headers = headers;
  }
  return download;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isHeaders(value: unknown): value is Record<string, string> {
  if (!isRecord(value) || Object.values(value).some((each) => typeof each !== "string")) return false;
  try {
    new Headers(value as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

const validOrigins = new Set<string>();

/**
 * Says what is wrong with a URL. Only what comes before its path can be (https://url.spec.whatwg.org/#path-state has no
 * failure), and that is the same for most URLs of a list: remembering it saves parsing millions of them.
 *
 * @param url The URL.
 * @returns What is wrong, if anything is.
 */
export function urlProblem(url: string): string | undefined {
  if (url.includes("\ufffd")) return `${quoted(url, 100)} is not UTF-8`;
  if (url.includes("\t")) return `${quoted(url, 100)} has a tab in it; one URL a line`;
  const slash = url.indexOf("/", "https://".length);
  const origin = slash < 0 ? url : url.slice(0, slash);
  if (validOrigins.has(origin)) return undefined;
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) {
    return `${quoted(url, 100)} is not an http:// or https:// URL`;
  }
  if (validOrigins.size === MAX_ORIGINS) validOrigins.clear();
  validOrigins.add(origin);
  return undefined;
}
