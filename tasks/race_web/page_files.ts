/**
 * The files of the page, as a browser takes them: types are stripped from its modules, and everything else stays as it is
 * written. Line for line, so that the browser's debugger shows what is in the repository.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";
import { themeCss } from "../../lib/core/palette.ts";
import css from "./page/page.css" with { type: "text" };
import html from "./page/page.html" with { type: "text" };

/** A file of the page. */
export interface PageFile {
  /** Its media type. */
  type: string;
  /** What is in it. */
  text: string;
}

const ROOT = new URL("../../", import.meta.url);
const ENTRY = "/tasks/race_web/page/main.ts";

/** What names another module; types have been stripped by then, and with them the imports of types. */
const IMPORT = /^(?:import|export)\b[^"']*?["'](\.{1,2}\/[^"']+)["']/gm;

/**
 * Reads the files of the page.
 *
 * @returns Each by its path. There are no others: what a browser asks for never becomes the name of a file.
 */
export async function pageFiles(): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>([
    ["/", { type: "text/html; charset=utf-8", text: html }],
    ["/page.css", { type: "text/css; charset=utf-8", text: themeCss() + css }],
  ]);
  const paths = [ENTRY];
  for (const path of paths) {
    const text = stripTypeScriptTypes(await Deno.readTextFile(new URL(`.${path}`, ROOT)));
    files.set(path, { type: "text/javascript; charset=utf-8", text });
    for (const [, imported] of text.matchAll(IMPORT)) {
      const { pathname } = new URL(imported, new URL(path, "file:///"));
      if (!paths.includes(pathname)) paths.push(pathname);
    }
  }
  return files;
}
