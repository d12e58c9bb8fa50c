/** Opens the docs of the site at the given URL, looks for every route, and tries a page out. */

import { assert, assertEquals } from "@std/assert";
import { openPage } from "./open_page.ts";

const url = Deno.args[1];
await using open = await openPage();
const { page, origins, errors } = open;
await page.goto(`${url}docs`);
for (const path of ["/urls", "/stats"]) await page.locator(`[data-path="${path}"]`).first().waitFor();
await page.locator(`[data-path="/{n}"]`).click();
await page.getByRole("button", { name: "Try it out" }).click();
await page.getByPlaceholder("n", { exact: true }).fill("4950");
await page.getByRole("button", { name: "Execute" }).click();
const answer = page.locator(".live-responses-table .response .highlight-code").first();
await answer.waitFor();
assert((await answer.innerText()).includes("4950"), await answer.innerText());
assertEquals(errors, []);
assertEquals([...origins], [new URL(url).origin]);
