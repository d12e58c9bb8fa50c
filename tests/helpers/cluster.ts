/**
 * A run on many machines in a test: a broker, websites that count, machines in processes of their own that can be killed and
 * frozen, and what has to hold in the end.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Broker } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { decodeEntry, type Entry } from "../../lib/cluster/outcome_entry.ts";
import { readOutcomes } from "../../lib/cluster/outcomes_log.ts";
import { partitionOf } from "../../lib/cluster/partition.ts";
import type { Outcome } from "../../lib/core/outcome.ts";
import { ListNames } from "../../lib/disk/list_names.ts";
import { type NatsServer, startNats } from "./nats_server.ts";
import { type ServedSite, serveSite } from "./serve_site.ts";

/** A machine of the run. */
export interface MachineProcess {
  /** Where it saves. */
  readonly folder: string;
  /** Sends it a signal. */
  signal(signal: Deno.Signal): void;
  /** What it has said on standard error so far. */
  readonly said: string;
  /** Its exit code and its standard output, once it has ended. */
  readonly ended: Promise<{ code: number; stdout: string; signal: Deno.Signal | null }>;
}

/** How a run is. */
export interface ClusterOptions {
  /** Websites, each a host of its own. Default: 6. */
  sites?: number;
  /** Pages of each. Default: 150. */
  pages?: number;
  /** Milliseconds that a page takes. Default: 100. */
  delayMs?: number;
  /** Requests in flight to a site at most. Default: 4. */
  perHost?: number;
  /** Milliseconds after which a session is gone. Default: 3,000. */
  goneMs?: number;
  /** The websites' address in the list. Default: 127.0.0.1, where they are. */
  hostname?: string;
}

/** How a machine is started. */
export interface MachineOptions {
  /** Whether it has the list. Default: it joins. */
  publishes?: boolean;
  /** Further flags. Default: none. */
  flags?: string[];
  /** Where it saves. Default: in a folder of its own. */
  folder?: string;
  /** Whether it stops itself before others can take what it has. Default: true. */
  stopsItself?: boolean;
  /** What comes before its command, for example to run it in a network namespace. Default: nothing. */
  prefix?: string[];
  /** The broker's address, if it has another one there. Default: 127.0.0.1. */
  broker?: string;
  /** A shell command to run before, in the same process. `$FOLDER` is its output folder. Default: none. */
  before?: string;
}

/** A run in a test. */
export class Cluster implements AsyncDisposable {
  readonly #options: Required<ClusterOptions>;
  readonly #folder: string;
  readonly #machines: MachineProcess[] = [];

  private constructor(
    readonly nats: NatsServer,
    readonly sites: readonly ServedSite[],
    options: Required<ClusterOptions>,
    folder: string,
  ) {
    this.#options = options;
    this.#folder = folder;
  }

  /** Starts the broker and the websites. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const all = { sites: 6, pages: 150, delayMs: 100, perHost: 4, goneMs: 3_000, hostname: "127.0.0.1", ...options };
    const sites = Array.from({ length: all.sites }, () => serveSite({ behaviour: { delay: all.delayMs } }));
    const cluster = new Cluster(await startNats(), sites, all, await Deno.makeTempDir({ prefix: "cluster" }));
    await Deno.writeTextFile(cluster.list, `${cluster.urls.join("\n")}\n`);
    return cluster;
  }

  /** The list's file. */
  get list(): string {
    return `${this.#folder}/urls.txt`;
  }

  /** What it lists: the sites in turns. */
  get urls(): string[] {
    const { pages, hostname } = this.#options;
    const sites = this.sites.map(({ url }) => url.replace("127.0.0.1", hostname));
    return Array.from({ length: pages }, (_, page) => sites.map((url) => `${url}${page}`)).flat();
  }

  /** Requests that all sites have received. */
  get requests(): number {
    return this.sites.reduce((sum, { stats }) => sum + stats.report().requests, 0);
  }

  /** Files that are whole in the folder of a machine. */
  filesOf({ folder }: MachineProcess): string[] {
    return [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name);
  }

  /** A folder for files, which is empty. */
  newFolder(): string {
    return Deno.makeTempDirSync({ dir: this.#folder, prefix: "machine" });
  }

  /** Starts a machine. */
  machine(options: MachineOptions = {}): MachineProcess {
    const { publishes = false, flags = [], stopsItself = true, before, prefix, broker = "127.0.0.1" } = options;
    const { goneMs, perHost } = this.#options;
    const { folder = this.newFolder() } = options;
    const machine = startMachine({
      settings: { goneMs, stopsItself },
      args: [
        ...["--queue", this.nats.url.replace("127.0.0.1", broker), "--output", folder],
        ...publishes ? ["--input", this.list, "--partitions", "16", "--per-host", `${perHost}`] : [],
        ...flags,
      ],
      folder,
      before,
      prefix,
    });
    this.#machines.push(machine);
    return machine;
  }

  /** Waits until something is so; at most half a minute, so that a test that can't pass says so. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (!await isSo()) {
      if (performance.now() > deadline) {
        const said = this.#machines.map(({ said }) => said).join("---\n");
        throw new Error(`never came: ${what}; ${this.requests} requests; the machines said:\n${said}`);
      }
      await delay(5);
    }
  }

  /** Every outcome by its number in the list; that none has two is what `readOutcomes()` and this see to. */
  async outcomes(): Promise<Map<number, Outcome>> {
    await using broker = await Broker.connect(parseBrokerAddress(this.nats.url), { liveTtlMs: this.#options.goneMs });
    const run = await broker.openRun("default");
    const all = new Map<number, Outcome>();
    for await (const { outcomes } of readOutcomes(run)) {
      for (const [, outcome] of outcomes) {
        assertEquals(all.has(outcome.id), false, `${outcome.url} has two outcomes`);
        all.set(outcome.id, outcome);
      }
    }
    return all;
  }

  /** The last entry in the log of a URL's partition. */
  async lastEntryOf(url: string): Promise<Entry | undefined> {
    await using broker = await Broker.connect(parseBrokerAddress(this.nats.url), { liveTtlMs: this.#options.goneMs });
    const { outcomes, partitions } = await broker.openRun("default");
    const last = await outcomes.last(partitionOf(url, partitions));
    return last && decodeEntry(last.data);
  }

  /** The most requests in flight that any site ever had. */
  get peak(): number {
    return Math.max(...this.sites.map(({ stats }) => stats.report().peak_in_flight));
  }

  /** That each URL has one outcome, each file is whole and has its name, and no site ever got more requests at once than it may. */
  async assertWhole(): Promise<void> {
    const outcomes = await this.outcomes();
    const names = new ListNames();
    assertEquals(outcomes.size, this.urls.length);
    for (const [id, url] of this.urls.entries()) {
      const outcome = outcomes.get(id);
      assert(outcome && outcome.url === url && outcome.result !== "failed", JSON.stringify(outcome));
      const { file } = outcome;
      assertEquals({ file }, { file: (names.next({ url }) as { file: string }).file });
      const bodies = this.#machines.flatMap(({ folder }) => textOf(`${folder}/${file}`) ?? []);
      assert(bodies.length > 0, `no machine has ${file} of ${url}`);
      for (const body of bodies) assertEquals(body, url.slice(url.lastIndexOf("/") + 1));
    }
    assert(this.peak <= this.#options.perHost, `${this.peak} requests at once to a site`);
  }

  /** Kills what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const machine of this.#machines) {
      try {
        machine.signal("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended already
      }
      await machine.ended;
    }
    for (const site of this.sites) await site[Symbol.asyncDispose]();
    await this.nats[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** What a machine is started with. */
export interface StartOptions {
  /** What only a test may set. */
  settings: { goneMs?: number; stopsItself?: boolean };
  /** Its command line. */
  args: string[];
  /** Where it saves. */
  folder: string;
  /** A shell command to run before. Default: none. */
  before?: string;
  /** What comes before its command. Default: nothing. */
  prefix?: string[];
}

/** Starts `download.ts --queue` in a process of its own. */
export function startMachine({ settings, args, folder, before, prefix = [] }: StartOptions): MachineProcess {
  const script = new URL("./queue_machine.ts", import.meta.url).pathname;
  const command = [...prefix, Deno.execPath(), "run", "-A", script, JSON.stringify(settings), ...args];
  const [program, ...rest] = before === undefined
    ? command
    : ["unshare", "--map-root-user", "--mount", "sh", "-c", `${before} && exec "$@"`, "sh", ...command];
  const child = new Deno.Command(program, {
    args: rest,
    env: { FOLDER: folder },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "";
  const listen = async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
  };
  const ended = Promise.all([child.status, new Response(child.stdout).text(), listen()])
    .then(([{ code, signal }, stdout]) => ({ code, signal, stdout }));
  return {
    folder,
    signal: (signal) => child.kill(signal),
    get said() {
      return said;
    },
    ended,
  };
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
