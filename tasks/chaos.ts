/**
 * Runs on many machines while machines are killed, frozen, started and asked to leave, and the broker is killed: over real
 * HTTP, judged by what the websites saw and by the log of outcomes.
 *
 *     deno task chaos
 *     deno task chaos --minutes 30 --machines 5 --seed 7
 *
 * @module
 */

import { command } from "../lib/cli/command.ts";
import { HELP, integerFlag } from "../lib/cli/flags.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { parseFlags } from "../lib/cli/parse_flags.ts";
import { CommandError } from "../lib/core/errors.ts";
import { print } from "../lib/core/print.ts";
import { Cluster, type MachineProcess } from "../tests/helpers/cluster.ts";

const FLAGS = {
  minutes: integerFlag({ about: "how long to begin rounds", min: 1, default: 10 }),
  machines: integerFlag({ about: "machines at work at the same time", min: 2, max: 20, default: 3 }),
  events: integerFlag({ about: "things that go wrong in each round", min: 0, default: 6 }),
  pages: integerFlag({ about: "pages of each of the 8 websites, in each round", min: 1, default: 800 }),
  seed: integerFlag({
    about: "where chance begins: the same events again with the same seed",
    default: 1,
    max: 2 ** 31,
  }),
  help: HELP,
};

const HELP_TEXT = {
  usage: "deno task chaos [flags]",
  about:
    "Lets machines and the broker of a run fail, and looks whether each URL has one outcome and each file is whole.",
  flags: FLAGS,
};

/** Milliseconds after which a machine's session is gone, and between two events. */
const [GONE_MS, PAUSE_MS] = [3_000, 1_500];

const EVENTS = ["kill", "freeze", "leave", "broker", "freeze-broker"] as const;

/** Numbers that look like chance (https://prng.di.unimi.it/splitmix64.c, in 32 bits). */
function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One run, from its list to its last outcome. */
class Round {
  readonly #cluster: Cluster;
  readonly #machines = new Set<MachineProcess>();
  readonly #pick: (below: number) => number;
  readonly happened: string[] = [];

  constructor(cluster: Cluster, pick: (below: number) => number) {
    this.#cluster = cluster;
    this.#pick = pick;
  }

  async go({ machines, events, signal }: { machines: number; events: number; signal: AbortSignal }): Promise<void> {
    this.#start(true);
    await this.#cluster.until("the first requests", () => this.#cluster.requests > 0);
    while (this.#machines.size < machines) this.#start();
    for (let event = 0; event < events && this.#machines.size > 0 && !signal.aborted; event++) {
      await pause(PAUSE_MS);
      await this.#happen(EVENTS[this.#pick(EVENTS.length)]);
      while (this.#machines.size < machines) this.#start();
    }
    await Promise.all([...this.#machines].map(({ ended }) => ended));
    // Whoever was killed may have been the publisher: the same command goes on
    this.#start(true);
    const [last] = this.#machines;
    const { code } = await last.ended;
    if (code !== 0) throw new CommandError(`the last machine ended with ${code}: ${last.said}`);
  }

  #start(publishes = false): void {
    const machine = this.#cluster.machine({ publishes });
    this.#machines.add(machine);
    void machine.ended.then(() => this.#machines.delete(machine));
  }

  async #happen(event: typeof EVENTS[number]): Promise<void> {
    const all = [...this.#machines];
    const machine = all[this.#pick(all.length)];
    const { nats } = this.#cluster;
    this.happened.push(event);
    if (event === "broker") {
      await nats.kill();
      await pause(this.#pick(2 * GONE_MS));
      return await nats.restart();
    }
    if (event === "freeze-broker") {
      nats.signal("SIGSTOP");
      await pause(this.#pick(2 * GONE_MS));
      return nats.signal("SIGCONT");
    }
    if (machine === undefined) return;
    try {
      if (event === "kill") machine.signal("SIGKILL");
      if (event === "leave") machine.signal("SIGINT");
      if (event !== "freeze") return void await machine.ended;
      machine.signal("SIGSTOP");
      await pause(GONE_MS + this.#pick(GONE_MS));
      machine.signal("SIGCONT");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended meanwhile
    }
  }
}

if (import.meta.main) {
  Deno.exit(
    await command("chaos", async (signal) => {
      const { help, minutes, machines, events, pages, seed } = parseFlags(Deno.args, FLAGS);
      if (help) {
        print(helpText(HELP_TEXT));
        return 0;
      }
      const pick = chance(seed);
      const deadline = performance.now() + minutes * 60_000;
      for (let round = 1; performance.now() < deadline && !signal.aborted; round++) {
        await using cluster = await Cluster.start({ sites: 8, pages, goneMs: GONE_MS });
        const each = new Round(cluster, pick);
        await each.go({ machines, events, signal });
        if (signal.aborted) break;
        await cluster.assertWhole();
        const again = cluster.requests - cluster.urls.length;
        print(
          `round ${round}: ${
            each.happened.join(", ")
          }; ${cluster.urls.length} files, ${again} fetched again, peak ${cluster.peak}`,
        );
      }
      return 0;
    }),
  );
}
