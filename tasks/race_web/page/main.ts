/// <reference lib="dom" />
/**
 * The page of the race: what is chosen, a race from its start to its verdict, and its time.
 *
 * @module
 */

import { type Choice, type Lane, LANES, limitMs } from "../choices.ts";
import type { Machine, RaceEvent } from "../events.ts";
import { runInBrowser } from "./browser_run.ts";
import { ChoiceForm } from "./choice_form.ts";
import { Clock } from "./clock.ts";
import { fillCostTable } from "./cost_table.ts";
import { byId, make } from "./dom.ts";
import { follow } from "./follow.ts";
import { conditions, sayMachine } from "./machine.ts";
import { Show } from "./show.ts";
import { verdict } from "./verdict.ts";
import { LEADS, NAMES } from "./words.ts";

const start = byId("start", HTMLButtonElement);
const play = byId("play", HTMLButtonElement);
const at = byId("at", HTMLInputElement);
const status = byId("status", HTMLParagraphElement);
const table = document.querySelector("table");

const form = new ChoiceForm(byId("choice", HTMLFormElement), chosen);
const clock = new Clock({ show: draw, endMs: () => isLive ? Infinity : show.endMs, changed: told });
let show = new Show(byId("stage", HTMLElement), form.choice);
let running: AbortController | undefined;
/** Whether `simple` still runs, so that the end isn't known. */
let isLive = false;
let machine: Machine | undefined;

/** Runs a race from its heats to its end. */
async function race(choice: Choice): Promise<void> {
  const aborter = running = new AbortController();
  byId("verdict", HTMLParagraphElement).replaceChildren();
  byId("cost", HTMLElement).hidden = true;
  begin(choice);
  for (const lane of LANES) show.say(lane, lane === "simple" ? "will run live" : "waits for its heat");
  told();
  try {
    let last: RaceEvent["type"] | undefined;
    for await (const event of follow(choice, aborter.signal)) {
      await happened(event, choice, aborter.signal);
      last = event.type;
    }
    if (last !== "over") throw new Error("The server of this page has ended. Start it again: deno task race --web");
  } catch (error) {
    clock.pause();
    if (aborter.signal.aborted) say("Stopped.");
    else say(error instanceof Error ? error.message : String(error), true);
  } finally {
    aborter.abort(); // whatever still goes on
    running = undefined;
    isLive = false;
    told();
  }
}

/** What an event of the race changes. */
async function happened(event: RaceEvent, choice: Choice, signal: AbortSignal): Promise<void> {
  switch (event.type) {
    case "race":
      machine = event.machine;
      break;
    case "heat":
      heat(event.lane);
      break;
    case "started":
      if (event.lane === "simple") live();
      break;
    case "progress":
      if (event.lane === "simple") show.live("simple", event.spans ?? [], event.counts.inFlight);
      else show.heat(event.lane, event.counts);
      break;
    case "ended":
      show.end(event.lane, event.spans, event.facts);
      if (event.lane === "simple") isLive = false;
      else show.say(event.lane, "has run");
      break;
    case "yours": {
      const progress = (counts: Parameters<Show["heat"]>[1]) => show.heat("browser", counts);
      const options = { pages: choice.pages, limitMs: limitMs("browser", choice), signal, progress };
      const { facts, spans } = await runInBrowser(event.url, options);
      show.end("browser", spans, facts);
      show.say("browser", "has run");
      await fetch("/race/browser", { method: "POST", signal });
      break;
    }
    case "over":
      await clock.stands(); // who won isn't told before it is seen
      sum(event.machine, choice);
      break;
    case "problem":
      throw new Error(event.message);
  }
}

function heat(lane: Lane): void {
  if (lane === "simple") return say("All have run but simple, which takes longest. It runs live now.");
  const ran = LANES.indexOf(lane);
  say(`Heat ${ran} of ${LANES.length - 1}: ${NAMES[lane]} runs alone, against a website of its own.`);
  show.say(lane, "runs alone now");
}

/** The show begins, and `simple` with it. */
function live(): void {
  isLive = true;
  show.begin();
  say("All from the same start: simple live, the others as they ran.");
  clock.play(0);
}

/** Says who won and why, and what it cost. */
function sum(after: Machine, choice: Choice): void {
  show.anatomies();
  const { winner, text } = verdict(show.results, choice);
  const place = byId("verdict", HTMLParagraphElement);
  place.replaceChildren(...winner ? [make("strong", "", NAMES[winner]), ` ${text}`] : [text]);
  place.style.setProperty("--ink", `var(--${winner ?? "text"})`);
  if (table) fillCostTable(table, show.results);
  byId("note", HTMLParagraphElement).textContent = conditions({
    choice,
    results: show.results,
    before: machine,
    after,
  });
  byId("cost", HTMLElement).hidden = false;
  say("The race is over. Go back in time with the slider, or play it again.");
}

/** Shows a moment, and where it is on the slider. */
function draw(ms: number): void {
  show.draw(ms);
  byId("clock", HTMLOutputElement).textContent = `${(ms / 1_000).toFixed(1)} s`;
  at.max = String(Math.max(show.endMs, ms));
  at.value = String(ms);
  at.setAttribute("aria-valuetext", `${(ms / 1_000).toFixed(1)} seconds`);
}

/** Puts what the buttons say and may in line with what goes on. */
function told(): void {
  const hasRun = show.results.simple !== undefined;
  start.firstChild?.replaceWith(running ? "Stop " : "Start the race ");
  form.isEnabled = running === undefined;
  play.disabled = at.disabled = !(hasRun || isLive);
  play.textContent = clock.isPlaying ? "Pause" : clock.ms >= show.endMs ? "Play again" : "Play";
  document.body.dataset.state = running ? (isLive ? "live" : "heats") : hasRun ? "over" : "idle";
}

function say(text: string, isProblem = false): void {
  status.textContent = text;
  status.classList.toggle("problem", isProblem);
}

/** Clears the stage for what was chosen. */
function begin(choice: Choice): void {
  show = new Show(byId("stage", HTMLElement), choice);
  clock.seek(0);
}

function chosen(choice: Choice): void {
  byId("lead", HTMLParagraphElement).textContent = LEADS[choice.pages];
  begin(choice);
  told();
}

/** Starts a race, or stops the one that goes on. */
function startOrStop(): void {
  if (!running) return void race(form.choice);
  running.abort();
  clock.pause();
}

form.onSubmit(startOrStop);
play.onclick = () => clock.isPlaying ? clock.pause() : clock.play(clock.ms >= show.endMs ? 0 : clock.ms);
at.oninput = () => clock.seek(Number(at.value));
addEventListener("keydown", (event) => {
  const { target, key, repeat } = event;
  if (key !== " " || repeat || target instanceof Element && target.closest("button, input, select, a, [tabindex]")) {
    return;
  }
  event.preventDefault();
  startOrStop();
});
addEventListener("resize", () => show.refresh(clock.ms));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show.refresh(clock.ms));
byId("machine", HTMLParagraphElement).textContent = sayMachine(await (await fetch("/machine")).json());
byId("lead", HTMLParagraphElement).textContent = LEADS[form.choice.pages];
told();
