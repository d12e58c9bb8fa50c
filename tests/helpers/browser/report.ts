/** Opens reports from files: no error, nothing asked for, accessible in light and dark, as wide as a phone. */

import axe from "axe-core";
import { assert, assertEquals } from "@std/assert";
import { openPage } from "./open_page.ts";

const PHONE = { width: 360, height: 640 };

declare const globalThis: { axe: typeof axe };

for (const url of Deno.args.slice(1)) {
  await using open = await openPage();
  const { page, origins, errors } = open;
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(url);
    for (const summary of await page.locator("summary").all()) await summary.click(); // hidden text isn't looked at
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assertEquals(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]), []);
  }
  await page.setViewportSize(PHONE);
  // Plain text: this function runs in the page, whose types are not known here.
  const width = await page.evaluate<number>("document.documentElement.scrollWidth");
  assert(width <= PHONE.width, `${width} pixels wide on a phone`);
  assertEquals(errors, []);
  assertEquals([...origins], ["null"], "only the file itself");
}
