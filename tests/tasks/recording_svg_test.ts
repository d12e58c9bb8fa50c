import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { recordingSvg } from "../../tasks/recording_svg.ts";

const frame = (atMs: number, ...screen: string[]) => ({ atMs, screen, runs: screen.map((text) => [{ text }]) });

const FRAMES = [frame(10, "a <1>"), frame(600, "b"), frame(650, "c", "", "d"), frame(1_100, "end")];
const OPTIONS = { command: "x & y", columns: 20, title: "Letters" };

Deno.test("recordingSvg() shows what stood there every half second, and the end", () => {
  const pictures = [...recordingSvg(FRAMES, OPTIONS).matchAll(/<g .*?<\/g>/g)]
    .map(([picture]) => [...picture.matchAll(/>([^<]+)<\/text>/g)].map(([, text]) => text));
  assertEquals(pictures, [["$ x &amp; y"], ["$ x &amp; y", "a &lt;1&gt;"], ["$ x &amp; y", "c", "d"], [
    "$ x &amp; y",
    "end",
  ]]);
});

Deno.test("recordingSvg() shows the colours that there were, and what was bold", () => {
  const runs = [[{ text: "a <" }, { text: "█ >", color: "#123456" }, { text: "b", bold: true as const }]];
  const svg = recordingSvg([{ atMs: 10, screen: ["a <█ >b"], runs }], OPTIONS);
  const bold = '<tspan font-weight="bold">b</tspan>';
  assertStringIncludes(svg, `>a &lt;<tspan fill="#123456">█ &gt;</tspan>${bold}</text>`);
});

Deno.test("recordingSvg() shows the first lines only where it is told to, and ends when they change no more", () => {
  const frames = [frame(10, "a", "1"), frame(600, "b", "2"), frame(1_600, "b", "3"), frame(2_600, "b", "4")];
  const pictures = [...recordingSvg(frames, { ...OPTIONS, lines: 1 }).matchAll(/<g .*?<\/g>/g)]
    .map(([picture]) => [...picture.matchAll(/>([^<]+)<\/text>/g)].map(([, text]) => text));
  assertEquals(pictures, [["$ x &amp; y"], ["$ x &amp; y", "a"], ["$ x &amp; y", "b"]]);
});

Deno.test("recordingSvg() has a name, and stands still for those who want no motion", () => {
  const svg = recordingSvg(FRAMES, OPTIONS);
  assertStringIncludes(svg, "<title>Letters</title>");
  assertStringIncludes(svg, "prefers-reduced-motion: reduce");
  assert(!/(href|src)=|url\(/.test(svg), "it asks for nothing");
});
