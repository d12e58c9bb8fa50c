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
await page.locator("#idle").getByText(`deno run -A download.ts --trials 10000 --url ${url}`).waitFor();
for (const path of ["1", "2", "abc"]) {
  await (await fetch(url + path, { headers: { "user-agent": "a-downloader/1.0" } })).text();
}
await page.locator("#requests", { hasText: "3" }).waitFor();
await page.getByRole("row", { name: "422 1" }).waitFor();
await page.getByRole("row", { name: "a-downloader/1.0 3 1" }).waitFor();
assert(await page.locator("#idle").isHidden(), "it is not idle");
await page.locator("#open_connections", { hasText: /^[1-9?]/ }).waitFor();
const line = (name: string) => page.locator(`#${name}_line`).getAttribute("d");
assert((await line("rate"))?.startsWith("M"), "a curve is drawn");
await page.getByText("Requests per second, linear: ").waitFor();
await page.getByLabel("Scale").selectOption("logarithmic");
await page.getByText("Requests per second, logarithmic: ").waitFor();
for (const mark of ["-60 s", "now"]) assertEquals(await page.getByText(mark, { exact: true }).count(), 2);

await page.getByRole("button", { name: "Reset counters and charts" }).click();
await page.getByText(/^Live. Counters and charts were reset at /).waitFor();
assert(((await line("flight")) ?? "").split("L").length <= 2, "the charts begin again");
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
