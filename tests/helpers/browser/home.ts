/** Opens the home page of the site at the given URL and watches it while pages are asked for. */

import axe from "axe-core";
import { assert, assertEquals } from "@std/assert";
import { openPage } from "./open_page.ts";

const url = Deno.args[1];
await using open = await openPage();
const { page, origins, errors } = open;

declare const globalThis: { axe: typeof axe };

await page.goto(url);
await page.getByText("Live.").waitFor();
for (const path of ["1", "2", "abc"]) await (await fetch(url + path)).text();
await page.locator("#requests", { hasText: "3" }).waitFor();
await page.getByRole("row", { name: "422 1" }).waitFor();
assert(await page.locator("#rate_line[points]").count() === 1, "a curve is drawn");

await page.getByRole("button", { name: "Reset the counters" }).click();
await page.locator("#requests", { hasText: /^0$/ }).waitFor();

for (const colorScheme of ["light", "dark"] as const) {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width: 360, height: 640 });
  const width = await page.evaluate<number>("document.documentElement.scrollWidth");
  assert(width <= 360, `${width} pixels wide on a phone`);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assertEquals(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]), []);
}
assertEquals(errors, []);
assertEquals([...origins], [new URL(url).origin]);
