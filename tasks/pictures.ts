/**
 * Makes the pictures in README and docs from real runs:
 *
 *     deno task pictures
 *
 * Needs Linux (for `script`) and Chromium at /usr/bin/chromium. Takes about a minute.
 *
 * @module
 */

import { chromium } from "playwright-core";
import css from "../lib/html_report.css" with { type: "text" };
import { recordingSvg } from "./recording_svg.ts";
import { inTerminal } from "./terminal.ts";

const FOLDER = new URL("../docs/pictures/", import.meta.url);
const CHROMIUM = "/usr/bin/chromium";
const COLUMNS = 92;

/** Space between two charts, and above one for its name. */
const GAP = 28;
const CHART_WIDTH = 480;

const task = (
  name: string,
  ...flags: string[]
) => [Deno.execPath(), "run", "-A", "--quiet", `tasks/${name}.ts`, ...flags];

/** Records the race, and draws who did what when in it. */
async function drawRace(temp: string): Promise<void> {
  const report = `${temp}/race.html`;
  const { code, frames } = await inTerminal(task("race", "--html", report), { columns: COLUMNS, rows: 60 });
  if (code !== 0) throw new Error(`the race ended with exit code ${code}: ${frames.at(-1)?.screen.join("\n")}`);
  const shown = frames.map(({ atMs, screen }) => ({ atMs, screen: screen.filter((line) => !line.includes(report)) }));
  const title = "Four bars, of which three are full at once and one takes twelve seconds, then a picture and a table";
  await save("race.svg", recordingSvg(shown, { command: "deno task race", columns: COLUMNS, title }));
  const charts = (await Deno.readTextFile(report)).match(/<svg.*?<\/svg>/gs) ?? [];
  await save("waterfall.svg", stacked(charts.filter((chart) => chart.includes("in lanes over time"))));
}

/** Several charts below each other in one, with their names. */
function stacked(charts: readonly string[]): string {
  let y = 0;
  const parts = charts.map((chart) => {
    const name = /Requests of (\w+)/.exec(chart)?.[1] ?? "";
    const height = Number(/height="(\d+(?:\.\d+)?)"/.exec(chart)?.[1]);
    const part = `<text x="10" y="${y + GAP - 8}">${name}</text>${chart.replace("<svg", `<svg y="${y + GAP}"`)}`;
    y += GAP + height;
    return part;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${CHART_WIDTH} ${y}" width="${CHART_WIDTH}" height="${y}" role="img">
<title>Requests of the four strategies over time: one after another, or side by side</title>
<style>${colors("light")} @media (prefers-color-scheme: dark) { ${colors("dark")} }
svg { color: var(--text) } text { fill: var(--text); font-family: system-ui, sans-serif } svg > text { font-weight: 600; font-size: 15px }
</style>
<rect width="100%" height="100%" fill="var(--ground)"/>
${parts.join("\n")}
</svg>
`;
}

/** The report's colours; an SVG in a page can't ask for \`light-dark()\` everywhere yet. */
function colors(scheme: "light" | "dark"): string {
  const variables = [...css.matchAll(/(--[\w-]+): light-dark\((#\w+), (#\w+)\)/g)]
    .map(([, name, light, dark]) => `${name}: ${scheme === "light" ? light : dark}`);
  return `:root { ${variables.join("; ")} }`;
}

/** Takes pictures of the demo's report. */
async function photographReport(temp: string): Promise<void> {
  const report = `${temp}/report.html`;
  const [deno, ...args] = task("demo", "--html", report, "--quiet");
  const { success } = await new Deno.Command(deno, { args, stdout: "null" }).output();
  if (!success) throw new Error("the demo failed");
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ viewport: { width: 1_100, height: 1_000 }, colorScheme });
      await page.goto(`file://${report}`);
      await save(`report-${colorScheme}.png`, await page.screenshot());
    }
  } finally {
    await browser.close();
  }
}

async function save(name: string, content: string | Uint8Array): Promise<void> {
  const file = new URL(name, FOLDER);
  if (typeof content === "string") await Deno.writeTextFile(file, content);
  else await Deno.writeFile(file, content);
  console.log(`docs/pictures/${name}  ${Math.ceil(content.length / 1_000)} kB`);
}

if (import.meta.main) {
  await Deno.mkdir(FOLDER, { recursive: true });
  const temp = await Deno.makeTempDir();
  try {
    await drawRace(temp);
    await photographReport(temp);
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
}
