import { assertStringIncludes } from "@std/assert";
import { DELAY_CHOICES, LANES, limitMs, PAGE_CHOICES } from "../../tasks/race_web/choices.ts";
import { list, NAMES, sayDelay } from "../../tasks/race_web/page/words.ts";
import { formatCount } from "../../lib/core/format_count.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read");

test("docs/race.md says what can be chosen, and when runs are stopped", async () => {
  const text = (await Deno.readTextFile(new URL("../../docs/race.md", import.meta.url))).replaceAll(/\s+/g, " ");
  assertStringIncludes(text, `Choose ${PAGE_CHOICES.map(formatCount).join(" or ")} pages`);
  assertStringIncludes(text, `${list(DELAY_CHOICES.map(sayDelay)).replace(" and ", " or ")}.`);
  const seconds = new Set(LANES.map((lane) => limitMs(lane, { pages: 10_000, delayMs: 1_000 }) / 1_000));
  const [soon, late] = [...seconds];
  assertStringIncludes(text, `stopped after ${soon} seconds, the others after ${late} if`);
  for (const lane of LANES) if (lane !== "browser") assertStringIncludes(text, NAMES[lane]);
});
