/**
 * Journals and unfinished bodies that are damaged on disk between two runs.
 *
 * @module
 */

import { async } from "../async.ts";
import { download } from "../download.ts";
import { optimized } from "../optimized.ts";
import { Broken, checkFiles } from "./fuzz_folder.ts";
import type { Counts, FuzzOptions } from "./fuzz_kill.ts";
import { LyingServer } from "./lying_server.ts";
import { Seeded } from "./seeded.ts";

/** Files to download. */
const FILES = 6;

/** Rounds in one folder. */
const ROUNDS = 5;

/**
 * Damages what runs leave.
 *
 * @param options Where chance begins, and when to stop.
 * @returns What was damaged.
 * @throws {Broken} When something was there that must never be, with the seed that it came from.
 */
export async function fuzzDamage({ seed, more, onRound }: FuzzOptions): Promise<Counts> {
  const counts: Counts = { files: 0 };
  for (let episode = seed; more(); episode++) {
    const folder = await Deno.makeTempDir();
    const random = new Seeded(episode);
    try {
      await using server = new LyingServer(random, FILES);
      for (let round = 1; round <= ROUNDS && more(); round++) {
        server.manner = { lies: random.pick([0, 0.5]), cuts: 0.8, pauseMs: 0 };
        await run(folder, server, random, 0);
        for (let times = 1 + random.int(6); times > 0; times--) {
          const what = damage(`${folder}/.download-stuff`, random);
          counts[what] = (counts[what] ?? 0) + 1;
        }
        for (let i = 0; i < FILES; i++) if (random.chance(0.2)) server.change(i);
        server.manner = { lies: 0, cuts: random.chance(0.5) ? 0.3 : 0, pauseMs: 0 };
        await run(folder, server, random, 20);
        counts.files += checkFiles(folder, server);
        // A part of the files is fetched again in the next round, so that there is something to break off
        for (let i = 0; i < FILES; i++) if (random.chance(0.7)) removeIfThere(`${folder}/${i}.bin`);
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

/** Downloads everything; with enough retries, everything has to be there in the end. */
async function run(folder: string, server: LyingServer, random: Seeded, retries: number): Promise<void> {
  const failed: string[] = [];
  await random.pick([download, optimized, async])(server.urls, (outcome) => {
    if (outcome.result === "failed") failed.push(`${outcome.url}: ${outcome.kind}, ${outcome.message}`);
  }, { output: folder, retries, backoffMs: 0, workers: 1 });
  if (retries > 0 && failed.length > 0) throw new Broken(`${folder} can't be had: ${failed.join("; ")}`);
}

/** Does something bad to one of the files in a folder, and says what. */
function damage(state: string, random: Seeded): string {
  const names = [...Deno.readDirSync(state)].map(({ name }) => name).filter((name) => name !== "lock").sort();
  if (names.length === 0) return "nothing there";
  const [path, other] = [random.pick(names), random.pick(names)].map((name) => `${state}/${name}`);
  const bytes = Deno.readFileSync(path);
  const what = random.pick(["flip", "flip", "truncate", "extend", "empty", "zero", "swap", "remove", "copy", "repeat"]);
  const at = random.int(bytes.length + 1);
  if (what === "flip") {
    for (let flips = 1 + random.int(8); flips > 0 && bytes.length > 0; flips--) {
      bytes[random.int(bytes.length)] ^= 1 << random.int(8);
    }
    Deno.writeFileSync(path, bytes);
  } else if (what === "truncate") Deno.truncateSync(path, at);
  else if (what === "extend") {
    const more = Uint8Array.from({ length: 1 + random.int(100_000) }, () => random.int(256));
    Deno.writeFileSync(path, more, { append: true });
  } else if (what === "empty") Deno.truncateSync(path);
  else if (what === "zero") Deno.writeFileSync(path, bytes.fill(0, at, at + random.int(100_000)));
  else if (what === "remove") Deno.removeSync(path);
  else if (what === "copy") Deno.writeFileSync(path, Deno.readFileSync(other));
  else if (what === "repeat") Deno.writeFileSync(path, bytes.slice(at), { append: true });
  else {
    const others = Deno.readFileSync(other);
    Deno.writeFileSync(path, others);
    Deno.writeFileSync(other, bytes);
  }
  return `${what} ${path.slice(path.lastIndexOf("/") + 1).replace(/^[0-9a-f]+(?=\.)/, "")}`;
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
