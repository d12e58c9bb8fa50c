/** Opens the docs of the site at the given URL, looks for every route, and tries a page out. */

import axe from "axe-core";
import { assert, assertEquals } from "@std/assert";
import { openPage } from "./open_page.ts";

declare const globalThis: { axe: typeof axe };

const url = Deno.args[1];
await using open = await openPage();
const { page, origins, errors } = open;
await page.goto(`${url}docs`);
for (const path of ["/urls", "/stats"]) await page.locator(`[data-path="${path}"]`).first().waitFor();
const tags = await page.locator(".opblock-tag").allInnerTexts();
assertEquals(tags.map((tag) => tag.trim()), ["Pages", "What the site has seen"]);
await page.locator(`[data-path="/{n}"]`).click();
await page.getByRole("button", { name: "Try it out" }).click();
await page.getByPlaceholder("n", { exact: true }).fill("4950");
await page.getByRole("button", { name: "Execute" }).click();
const answer = page.locator(".live-responses-table .response .highlight-code").first();
await answer.waitFor();
assert((await answer.innerText()).includes("4950"), await answer.innerText());
for (const colorScheme of ["light", "dark"] as const) {
  await page.emulateMedia({ colorScheme });
  const ground = await page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  assertEquals(ground === "rgb(20, 23, 28)", colorScheme === "dark", ground);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assertEquals(
    violations.map(({ id, nodes }) => [
      id,
      ...nodes.slice(0, 12).map(({ html, target }) => `${target} ${html.slice(0, 120)}`),
    ]),
    [],
  );
}
await page.getByRole("link", { name: "Live" }).click();
await page.getByText("Live.").waitFor();
assertEquals(errors, []);
assertEquals([...origins], [new URL(url).origin]);
