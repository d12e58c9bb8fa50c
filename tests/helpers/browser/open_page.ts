/**
 * A page in a headless Chromium that finds no host but this machine, for the scripts beside this one.
 *
 * @module
 */

import { chromium, type Page } from "playwright-core";

/** A page, and what went wrong in it. */
export interface OpenPage extends AsyncDisposable {
  /** The page. */
  page: Page;
  /** The origins that anything was requested from. */
  origins: Set<string>;
  /** Errors, from the console and uncaught ones. */
  errors: string[];
}

/** Opens an empty page in the browser that the script's first argument names. */
export async function openPage(): Promise<OpenPage> {
  const browser = await chromium.launch({
    executablePath: Deno.args[0],
    args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
  const page = await browser.newPage();
  const open = { page, origins: new Set<string>(), errors: [] as string[] };
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:") open.origins.add(origin);
  });
  page.on("console", (message) => {
    if (message.type() === "error") open.errors.push(message.text());
  });
  page.on("pageerror", (error) => open.errors.push(error.message));
  return { ...open, [Symbol.asyncDispose]: () => browser.close() };
}
