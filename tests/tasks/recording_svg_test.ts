import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { recordingSvg } from "../../tasks/recording_svg.ts";

const FRAMES = [
  { atMs: 10, screen: ["a <1>"] },
  { atMs: 600, screen: ["b"] },
  { atMs: 650, screen: ["c", "", "d"] },
  { atMs: 1_100, screen: ["end"] },
];
const OPTIONS = { command: "x & y", columns: 20, title: "Letters" };

Deno.test("recordingSvg() shows what stood there every half second, and the end", () => {
  const pictures = [...recordingSvg(FRAMES, OPTIONS).matchAll(/<g .*?<\/g>/g)]
    .map(([picture]) => [...picture.matchAll(/>([^<]+)<\/text>/g)].map(([, text]) => text));
  assertEquals(pictures, [["$ x &amp; y"], ["$ x &amp; y", "a &lt;1&gt;"], ["$ x &amp; y", "c", "d"], [
    "$ x &amp; y",
    "end",
  ]]);
});

Deno.test("recordingSvg() has a name, and stands still for those who want no motion", () => {
  const svg = recordingSvg(FRAMES, OPTIONS);
  assertStringIncludes(svg, "<title>Letters</title>");
  assertStringIncludes(svg, "prefers-reduced-motion: reduce");
  assert(!/(href|src)=|url\(/.test(svg), "it asks for nothing");
});
