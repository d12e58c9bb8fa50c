/**
 * Names for files: from the list, from Content-Disposition, or from the URL, in that order, and always safe.
 *
 * Safe means: on every system Deno runs on, the name is that of a file inside the folder. No `..`, no absolute path, no
 * control or direction-changing characters, no name that Windows reserves (CON, LPT1.txt), no dot or space at the end, no
 * dot at the beginning (so nothing hides, and nothing gets into `.download-stuff`), at most 255 bytes in UTF-8 also with
 * the ending that {@linkcode distinctName} adds, composed (NFC) as macOS compares names.
 *
 * Only a list's name may contain folders, as with aria2's `out=`: `a/b.txt` is `b.txt` in the folder `a`. What the server
 * says (Content-Disposition) never leads into another folder.
 *
 * @module
 */

import filenamify from "filenamify";
import { fingerprint, FINGERPRINT_WORDS } from "./fingerprint.ts";
import { asUtf8 } from "../core/isomorphic.ts";
import { percentDecoded } from "../core/percent_decoded.ts";

/** Bytes of a name at most, so that with the ending of {@linkcode distinctName} (13 bytes) it stays below 255. */
const MAX_BYTES = 240;

/** Folders in a list's name at most; with names of 240 bytes that stays well below the 4,096 bytes Linux has for a path. */
const MAX_FOLDERS = 8;

/** Names that are safe as they are, which most are: so only the others pay for being made safe. */
const PLAIN = /^[A-Za-z0-9_-](?:[A-Za-z0-9._ -]{0,200}[A-Za-z0-9_-])?$/;
const MAYBE_RESERVED = /^(?:con|prn|aux|nul|com|lpt)/i;

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions */
const RESERVED = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:[ .]|$)/i;

/** The end of a name that says what is in the file. */
export const EXTENSION = /(?:\.tar)?\.[A-Za-z0-9]{1,10}$/;

/**
 * The name a list gives.
 *
 * @param name The name, with folders in it or not.
 * @returns A safe path with `/` between folder and file; folders that lead upwards or nowhere (`..`, `.`) are left out.
 */
export function nameFromList(name: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  return parts.length === 0 ? safe(name) : parts.slice(-MAX_FOLDERS - 1).map(safe).join("/");
}

/**
 * The name a URL suggests: the last part of its path, as curl, aria2 and browsers take it; the query doesn't count.
 *
 * @param url A valid URL.
 * @returns A safe name; `index.html` when the path ends in a slash, as wget and aria2 do.
 */
export function nameFromUrl(url: string): string {
  let end = url.search(/[?#]/);
  if (end < 0) end = url.length;
  const start = Math.max(url.lastIndexOf("/", end - 1), url.lastIndexOf("\\", end - 1)) + 1;
  const authority = url.indexOf("//") + 2;
  const part = start <= authority ? "" : url.slice(start, end).trim();
  return part === "" ? "index.html" : safe(percentDecoded(part));
}

/**
 * The name a server gives in Content-Disposition (RFC 6266), when it gives one.
 *
 * @param header The header's value.
 * @returns A safe name, or undefined when there is none in it.
 */
export async function nameFromHeader(header: string): Promise<string | undefined> {
  // Imported only here, because it brings Node's modules along, which take 20 ms to start.
  const { parse } = await import("content-disposition");
  const name = parse(asUtf8(header)).parameters.filename?.split(/[/\\]/).at(-1)?.trim();
  return name ? safe(name) : undefined;
}

/**
 * The name for a file when another has the name it would have: with an ending that only depends on its URL, so that it
 * is the same in every run. Two URLs with the same ending are as likely as n² / 2^61 among n of the same name.
 *
 * @param name A safe name or path.
 * @param url The URL it is of.
 * @returns For example `index~3k7w0c9hqx2m.html` for `index.html`.
 */
export function distinctName(name: string, url: string): string {
  const words = new Uint32Array(FINGERPRINT_WORDS);
  fingerprint(url, words);
  const hash = (BigInt(words[0]) << 32n | BigInt(words[1])).toString(36).padStart(13, "0").slice(1);
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  return `${name.slice(0, name.length - extension.length)}~${hash}${extension}`;
}

/** The ending that {@linkcode distinctName} gives. */
const DISTINCT = /~[0-9a-z]{12}(?=(?:(?:\.tar)?\.[A-Za-z0-9]{1,10})?$)/;

/**
 * The name for a file when that of {@linkcode distinctName} is taken, too: with another such ending, and never in a folder,
 * because it may be the folder that can't be had.
 *
 * @param name A safe name or path, with such an ending or without.
 * @param url The URL it is of.
 * @param nth Which such name it is: 2 for the second, and so on.
 * @returns For example `photos_index~0c9hqx2m3k7w.html` for `photos/index.html`.
 */
export function furtherName(name: string, url: string, nth: number): string {
  return distinctName(cut(name.replace(DISTINCT, "").replaceAll("/", "_")), `${url}\n${nth}`);
}

function safe(name: string): string {
  if (PLAIN.test(name) && !MAYBE_RESERVED.test(name)) return name;
  const replaced = filenamify(name.toWellFormed().normalize("NFC"), { replacement: "_", maxLength: 1_000 });
  // What filenamify lets through: marks that change direction, and what its own cutting and trimming brings to the ends.
  const whole = cut(replaced.replaceAll(/[\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "_"));
  const visible = whole.toWellFormed().replace(/[. ]+$/, "").replace(/^\./, "_");
  return visible === "" ? "_" : RESERVED.test(visible) ? `_${visible}` : visible;
}

/** Cuts a name to {@linkcode MAX_BYTES}, between characters, and keeps its extension. */
function cut(name: string): string {
  const encoder = new TextEncoder();
  if (encoder.encode(name).length <= MAX_BYTES) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  const room = new Uint8Array(MAX_BYTES - extension.length);
  const { read } = encoder.encodeInto(name.slice(0, name.length - extension.length), room);
  return name.slice(0, read) + extension;
}
