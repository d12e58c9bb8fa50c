/**
 * What a list says about one download, checked.
 *
 * @module
 */

import { type Algorithm, ALGORITHMS, bothDigests, type Digests, readHex, readIntegrity } from "../core/digests.ts";
import type { Download } from "../core/download.ts";
import { urlProblem } from "./url_problem.ts";

/**
 * Makes a download of a record. Fields of other names are ignored.
 *
 * @param record What a line of the list says.
 * @param columns Other fields that it must have, unless it has a name. Default: none.
 * @returns The download, or what is wrong with it.
 */
export function readRecord(record: unknown, columns: readonly string[] = []): Download | string {
  if (!isRecord(record)) return "it is not a JSON object";
  const { url, urls, name, sha256, headers } = record;
  const download = typeof url === "string" ? urlProblem(url) ?? { url } as Download : readUrls(urls);
  if (typeof download === "string") return download;
  if (name !== undefined && name !== null) {
    if (typeof name !== "string" || name === "") return "its name is not a text";
    download.name = name;
  }
  if (sha256 !== undefined && sha256 !== null) {
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256)) return "its sha256 is not 64 hexadecimal digits";
    download.sha256 = sha256.toLowerCase();
  }
  const problemOfDigests = readDigests(record, download);
  if (problemOfDigests !== undefined) return problemOfDigests;
  if (headers !== undefined && headers !== null) {
    if (!isHeaders(headers)) return "its headers are not an object of valid HTTP header names and values";
    download.headers = headers;
  }
  for (const column of download.name === undefined ? columns : []) {
    const value = record[column];
    if (typeof value !== "string" && typeof value !== "number") return `it has no ${column}, which its name needs`;
    download.columns = { ...download.columns, [column]: String(value) };
  }
  return download;
}

/**
 * Makes a download of several URLs of the same file.
 *
 * @param urls What a list has in place of one URL.
 * @returns The download, or what is wrong with it.
 */
export function readUrls(urls: unknown): Download | string {
  if (urls === undefined || urls === null) return "it has no url";
  if (!Array.isArray(urls) || urls.length === 0) return "its urls are not a list of URLs";
  const all = new Set<string>();
  for (const each of urls) {
    const problem = typeof each === "string" ? urlProblem(each) : "its urls are not all texts";
    if (problem !== undefined) return problem;
    all.add(each);
  }
  const [url, ...mirrors] = all;
  return mirrors.length > 0 ? { url, mirrors } : { url };
}

/** Notes the digests that a record has besides its SHA-256, or says what is wrong with one. */
function readDigests(record: Record<string, unknown>, download: Download): string | undefined {
  const digests: { [A in Algorithm]?: readonly string[] } = {};
  for (const algorithm of ["md5", "sha1", "sha384", "sha512"] as const) {
    const text = record[algorithm];
    if (text === undefined || text === null) continue;
    const hex = readHex(algorithm, text);
    if (hex === undefined) return `its ${algorithm} is not ${ALGORITHMS[algorithm]} hexadecimal digits`;
    digests[algorithm] = [hex];
  }
  const { integrity } = record;
  let all: Digests | undefined = Object.keys(digests).length > 0 ? digests : undefined;
  if (integrity !== undefined && integrity !== null) {
    const read = typeof integrity === "string" ? readIntegrity(integrity) : undefined;
    if (read === undefined) return "its integrity is not like sha384-...";
    all = bothDigests(all, read);
  }
  if (all !== undefined) download.digests = all;
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
