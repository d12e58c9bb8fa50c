/**
 * Runs that are killed at random moments while the server changes versions, names them or not, and lies about ranges.
 *
 * @module
 */

import { Broken, checkFiles } from "./fuzz_folder.ts";
import { LyingServer } from "./lying_server.ts";
import { Seeded } from "./seeded.ts";

/** What a fuzzer needs to know. */
export interface FuzzOptions {
  /** Where chance begins. */
  seed: number;
  /** Asked before each round: whether to go on. */
  more: () => boolean;
  /** Called when a round has ended as it should. */
  onRound: () => void;
}

/** What a fuzzer did: what there was of each thing. */
export type Counts = Record<string, number>;

/** Files to download, and rounds until a run is left to end in peace and another folder is begun. */
const [FILES, ROUNDS] = [6, 6];

const DECODER = new TextDecoder();

/**
 * Kills runs.
 *
 * @param options Where chance begins, and when to stop.
 * @returns How many it killed, and what it saw.
 * @throws {Broken} When something was there that must never be, with the seed that it came from.
 */
export async function fuzzKills({ seed, more, onRound }: FuzzOptions): Promise<Counts> {
  const counts = { kills: 0, ends: 0, files: 0, changes: 0 };
  for (let episode = seed; more(); episode++) {
    const folder = await Deno.makeTempDir();
    const random = new Seeded(episode);
    try {
      await using server = new LyingServer(random, FILES);
      const strangers = new Map<string, string>();
      for (let round = 1; round <= ROUNDS && (more() || round > 1); round++) {
        await oneRound({ folder, server, random, strangers, counts, isLast: round === ROUNDS });
        onRound();
      }
    } catch (error) {
      if (error instanceof Broken) error.message += ` (seed ${episode})`;
      throw error;
    }
    await Deno.remove(folder, { recursive: true });
  }
  return counts;
}

/** What one episode has. */
interface Episode {
  folder: string;
  server: LyingServer;
  random: Seeded;
  strangers: Map<string, string>;
  counts: Counts;
  isLast: boolean;
}

async function oneRound({ folder, server, random, strangers, counts, isLast }: Episode): Promise<void> {
  server.manner = isLast
    ? { lies: 0, cuts: 0, pauseMs: 0 }
    : { lies: random.pick([0, 0.5, 0.9]), cuts: random.pick([0, 0.3, 0.6]), pauseMs: random.pick([0, 1, 4]) };
  for (let i = 0; i < FILES; i++) if (random.chance(0.3)) change(i);
  if (random.chance(0.2)) putStranger(`${random.int(FILES)}.bin`);
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  server.onRequest = () => {
    resolve();
    if (random.chance(isLast ? 0 : 0.1)) change(random.int(FILES));
  };
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--quiet", new URL("fuzz_kill_main.ts", import.meta.url).pathname],
      ...[random.pick(["download", "optimized", "async"]), folder, ...server.urls],
    ],
    ...{ stdout: "piped", stderr: "piped" },
  }).spawn();
  const ended = child.output();
  if (!isLast && random.chance(0.9)) {
    // Mostly in the midst of bodies, now and then before
    await Promise.race([asked, ended, ...random.chance(0.1) ? [wait(random.int(300))] : []]);
    await Promise.race([ended, wait(random.int(random.pick([30, 150, 400])))]);
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended already
    }
  }
  const { success, signal, stdout, stderr } = await ended;
  counts[signal === null ? "ends" : "kills"]++;
  if (!success && signal === null) throw new Broken(`a run in ${folder} failed: ${DECODER.decode(stderr)}`);
  counts.files += checkFiles(folder, server, { strangers, once: true });
  const failed = DECODER.decode(stdout).trim();
  if (isLast && failed !== "") throw new Broken(`what a killed run left in ${folder} makes downloads fail: ${failed}`);
  if (isLast && checkFiles(folder, server, { strangers, once: true }) < FILES) {
    throw new Broken(`${folder} lacks files`);
  }

  function change(i: number): void {
    server.change(i);
    counts.changes++;
  }

  /** A file of somebody else, if there is none of that name, of a size that no download has. */
  function putStranger(name: string): void {
    try {
      Deno.writeTextFileSync(`${folder}/${name}`, `somebody's ${name}`, { createNew: true });
      strangers.set(name, `somebody's ${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
