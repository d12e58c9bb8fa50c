/**
 * Names of files from their URLs: `{host}/{path}` for the folders that a website has, for example. The same list gives the same
 * names, because they depend on nothing that servers say. What comes of it is made safe where every name is
 * (`disk/file_name.ts`): it stays in the folder.
 *
 * @module
 */

import type { Download } from "./download.ts";
import { percentDecoded } from "./percent_decoded.ts";
import type { Item, Source } from "./source.ts";

/** What a template may name besides the list's columns. */
const KNOWN = ["n", "host", "path", "name", "ext", "query", "sha256"] as const;

/** A part of a template: text as it is, or what stands for something of each download. */
type Part = string | { field: string; digits?: number };

/** `{{` and `}}` for braces, `{field}` or `{field:digits}`, and any other brace, which is a slip. */
const TOKEN = /\{\{|\}\}|\{([\w-]+)(?::(\d{1,3}))?\}|[{}]/g;

/**
 * Reads a template.
 *
 * @param template The template.
 * @returns Its parts.
 * @throws {TypeError} If it is none.
 */
function parse(template: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { 0: token, 1: field, 2: digits, index } of template.matchAll(TOKEN)) {
    if (index > at) parts.push(template.slice(at, index));
    at = index + token.length;
    if (token === "{{" || token === "}}") parts.push(token[0]);
    else if (field === undefined) throw new TypeError(`a template such as {host}/{path}; write {{ or }} for a brace`);
    else parts.push({ field, digits: digits === undefined ? undefined : Number(digits) });
  }
  if (at < template.length) parts.push(template.slice(at));
  if (parts.every((part) => typeof part === "string")) {
    throw new TypeError("a template that differs from file to file, such as {host}/{path} or {n}.{ext}");
  }
  return parts;
}

/** Names downloads. */
export class NameTemplate {
  /** The columns of the list that it needs. */
  readonly columns: readonly string[];
  readonly #parts: readonly Part[];
  #sha256: ((text: string) => string) | undefined;

  /**
   * Reads a template.
   *
   * @param template The template.
   * @throws {TypeError} If it is none: says what would be right.
   */
  constructor(template: string) {
    this.#parts = parse(template);
    this.columns = this.#parts.flatMap((part) =>
      typeof part === "string" || (KNOWN as readonly string[]).includes(part.field) ? [] : [part.field]
    );
  }

  /**
   * Names everything that a source has, but what has a name.
   *
   * @param source The source.
   * @yields The same downloads, in the same batches, with names.
   * @throws {TypeError} If one doesn't have a column that the template needs.
   */
  async *named(source: Source): AsyncGenerator<Download[], void> {
    if (this.#parts.some((part) => typeof part !== "string" && part.field === "sha256")) {
      const { createHash } = await import("node:crypto"); // takes 20 ms to load
      this.#sha256 = (text) => createHash("sha256").update(text).digest("hex");
    }
    let n = 0;
    for await (const given of source) {
      const batch = Array.isArray(given) ? given as readonly Item[] : [given as Item];
      yield batch.map((item) => this.#named(typeof item === "string" ? { url: item } : item, ++n));
    }
  }

  #named(download: Download, n: number): Download {
    const { columns: _, ...rest } = download;
    const url = URL.parse(download.url);
    if (download.name !== undefined || url === null) return rest; // whoever asks for it says what is wrong with it
    const texts = this.#parts.map((part) => typeof part === "string" ? part : this.#text(part, { download, url, n }));
    // A list's name is never empty, and one of folders alone would be that of another file
    const name = texts.join("");
    return { ...rest, name: name === "" || name.endsWith("/") ? `${name}index.html` : name };
  }

  #text(
    { field, digits }: Exclude<Part, string>,
    of: { download: Download; url: URL; n: number },
  ): string {
    if (field === "n") return String(of.n).padStart(digits ?? 0, "0");
    const text = this.#whole(field, of);
    return digits === undefined ? text : text.slice(0, digits);
  }

  #whole(field: string, { download, url, n }: { download: Download; url: URL; n: number }): string {
    const parts = url.pathname.split("/").slice(1).map(decodedPart);
    const last = parts.at(-1) || "index.html";
    switch (field) {
      case "host":
        return url.host;
      case "path":
        return [...parts.slice(0, -1), last].join("/");
      case "name":
        return last;
      case "ext":
        return /\.([A-Za-z0-9]{1,10})$/.exec(last)?.[1] ?? "";
      case "query":
        return decodedPart(url.search.slice(1));
      case "sha256": {
        url.hash = ""; // which isn't sent
        return download.sha256 ?? this.#sha256?.(url.href) ?? "";
      }
    }
    const value = download.columns?.[field];
    if (value === undefined) throw new TypeError(`Download ${n} has no column ${field}, which its name needs`);
    return withoutSlashes(value);
  }
}

/** A part of a URL as text, which doesn't lead into another folder than the URL does. */
function decodedPart(part: string): string {
  return withoutSlashes(percentDecoded(part));
}

function withoutSlashes(text: string): string {
  return text.replace(/[/\\]/g, "_").replace(/^\.+$/, "_");
}
