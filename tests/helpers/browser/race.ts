/** Drives the race at the given URL by the keyboard, from its start to its end and back in time. */

import axe from "axe-core";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openPage } from "./open_page.ts";

const url = Deno.args[1];
const LANES = ["simple", "threaded", "async", "optimized", "download", "this browser"];
const RACE_MS = 120_000;

declare const globalThis: { axe: typeof axe };

await using open = await openPage();
const { page, origins, errors } = open;
const { keyboard } = page;
const state = (name: string) => page.waitForSelector(`body[data-state=${name}]`, { timeout: RACE_MS });
const arrived = () => page.locator(".arrived-count").allInnerTexts();

/** What axe finds in light and dark, on a phone; and whether it fits there. */
async function checkAccess(): Promise<void> {
  await page.setViewportSize({ width: 390, height: 800 });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assertEquals(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]), []);
  }
  const width = await page.evaluate<number>("document.documentElement.scrollWidth");
  assert(width <= 390, `${width} pixels wide on a phone`);
}

await page.goto(`${url}?pages=10000`);
await state("idle");
await checkAccess();

// Tab to the pages, choose 24, Tab to the delay, choose the shortest, Tab to the button, press it
await keyboard.press("Tab");
await keyboard.press("ArrowLeft");
await keyboard.press("Tab");
await keyboard.press("Home");
await keyboard.press("Tab");
assertEquals(await page.locator("select").inputValue(), "100");
await keyboard.press("Space");
await state("heats");
assert(await page.locator("select").isDisabled(), "nothing else can be chosen while a race goes on");
await page.getByText("runs alone now").waitFor();
await page.setViewportSize({ width: 1_000, height: 800 });
await page.waitForFunction("innerWidth === 1000");
assertEquals(await page.locator(".fate").first().innerText(), "will run live", "whatever the size becomes");
await state("live");
await state("over");

assertMatch(await page.locator("#verdict").innerText(), /^\S+ got 24 pages in .* times as fast as simple\b/);
assertEquals(await arrived(), LANES.map(() => "24"));
const cells = (column: number) => page.locator(`tbody tr > :nth-child(${column})`).allInnerTexts();
assertEquals(await cells(1), LANES);
assertEquals(await cells(2), LANES.map(() => "24"));
assertEquals((await cells(6))[0], "1", "simple has one connection");
assertEquals((await cells(7)).at(-1), "6", "a browser has six requests in flight");
assertMatch(await page.locator("#note").innerText(), /share \d+ cores?\b.*Load of the machine: [\d.]+ before/);
await checkAccess();

await page.locator("#at").focus();
await keyboard.press("Home");
assertEquals(await arrived(), LANES.map(() => "0"));
await keyboard.press("End");
assertEquals(await arrived(), LANES.map(() => "24"));

await page.emulateMedia({ reducedMotion: "reduce" });
await page.locator("#play").press("Enter");
await page.getByRole("button", { name: "Pause" }).waitFor();
await page.getByRole("button", { name: "Play again" }).waitFor();
assertEquals(await arrived(), LANES.map(() => "24"));

// The space bar alone starts a race, and stops it
await page.locator("#play").blur();
await keyboard.press("Space");
await state("heats");
await keyboard.press("Space");
await page.getByText("Stopped.").waitFor();

assertEquals(errors, []);
const hosts = new Set([...origins].map((origin) => new URL(origin).hostname));
assertEquals([...hosts], ["127.0.0.1"]);
assertEquals(origins.size, 2, "the page and the website of its own lane");
