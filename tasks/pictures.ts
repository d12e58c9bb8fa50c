/**
 * Makes the pictures in README and docs, and README's figures, from real runs:
 *
 *     deno task pictures
 *     deno task pictures --redraw   # README's picture, after a change to how it is drawn
 *     deno task pictures --race     # the recording of the race
 *
 * Needs Linux (for `script`) and Chromium at /usr/bin/chromium, and takes about three minutes. Figures are worth keeping
 * only from a machine that does nothing else.
 *
 * @module
 */

import { chromium } from "playwright-core";
import { command } from "../lib/cli/command.ts";
import { HELP, switchFlag } from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { print } from "../lib/core/print.ts";
import type { Figures } from "./figures.ts";
import { withFigures } from "./figures_markdown.ts";
import { heroSvg } from "./hero_svg.ts";
import { measureFigures } from "./measure_figures.ts";
import { recordingSvg } from "./recording_svg.ts";
import { inTerminal } from "./terminal.ts";

const FOLDER = new URL("../docs/pictures/", import.meta.url);
const README = new URL("../README.md", import.meta.url);
const CHROMIUM = "/usr/bin/chromium";
const COLUMNS = 92;

/** What the race shows while it goes on: a line about the website, an empty one, and five bars. */
const RACE_LINES = 7;

const FLAGS = {
  redraw: switchFlag({ about: "measure nothing: draw README's picture from the figures that are there" }),
  race: switchFlag({ about: "only record the race again" }),
  help: HELP,
};

const HELP_TEXT = {
  usage: "deno task pictures [flags]",
  about:
    "Measures the figures of README, and makes its pictures and those of docs from real runs, in about three minutes.",
  flags: FLAGS,
  examples: [["deno task pictures --redraw", "after a change to how the picture is drawn"]],
} as const;

const task = (
  name: string,
  ...flags: string[]
) => [Deno.execPath(), "run", "-A", "--quiet", `tasks/${name}.ts`, ...flags];

/** Draws the picture at the top of README, and puts its figures there. */
async function drawHero(figures: Figures): Promise<void> {
  await save("hero.svg", heroSvg(figures));
  await save("hero-narrow.svg", heroSvg(figures, { narrow: true }));
  await Deno.writeTextFile(README, withFigures(await Deno.readTextFile(README), figures));
}

/** Records the race. */
async function recordRace(): Promise<void> {
  const { code, frames } = await inTerminal(task("race"), { columns: COLUMNS, rows: 60 });
  if (code !== 0) throw new Error(`the race ended with exit code ${code}: ${frames.at(-1)?.screen.join("\n")}`);
  const title = "Five bars fill up: that of simple in twelve seconds, the others sooner";
  const options = { command: "deno task race", columns: COLUMNS, title, lines: RACE_LINES };
  await save("race.svg", recordingSvg(frames, options));
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

async function pictures(args: readonly string[]): Promise<number> {
  const { redraw, race, help } = parseFlags(args, FLAGS);
  if (help) {
    print(helpText(HELP_TEXT));
    return 0;
  }
  if (redraw) {
    await drawHero(JSON.parse(await Deno.readTextFile(new URL("figures.json", FOLDER))));
    return 0;
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  if (race) {
    await recordRace();
    return 0;
  }
  const temp = await Deno.makeTempDir();
  try {
    const figures = await measureFigures(console.error, recordRace);
    await save("figures.json", `${JSON.stringify(figures)}\n`);
    await drawHero(figures);
    await photographReport(temp);
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
  return 0;
}

if (import.meta.main) Deno.exit(await command("pictures", () => pictures(Deno.args)));
