import { assert, assertEquals, assertThrows } from "@std/assert";
import { fuzzDamage } from "../../tasks/fuzz_damage.ts";
import { Broken, checkFiles } from "../../tasks/fuzz_folder.ts";
import { fuzzKills } from "../../tasks/fuzz_kill.ts";
import { fuzzResume } from "../../tasks/fuzz_resume.ts";
import { LyingServer } from "../../tasks/lying_server.ts";
import { Seeded } from "../../tasks/seeded.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "run", "read", "write", "env", "sys", "ffi");

const limits = { seed: 1, ms: Infinity, lanes: 1, signal: new AbortController().signal };

test("runs that are killed while a server changes and lies leave only whole files (a few seeded rounds)", async () => {
  const { rounds, counts } = await fuzzResume(fuzzKills, { ...limits, rounds: 6 });
  assertEquals(rounds, 6);
  assert(counts.kills > 0 && counts.files > 0 && counts.changes > 0, JSON.stringify(counts));
});

test("journals and unfinished bodies that are damaged make no wrong files (a few seeded rounds)", async () => {
  const { rounds, counts } = await fuzzResume(fuzzDamage, { ...limits, rounds: 10 });
  assertEquals(rounds, 10);
  assert(Object.keys(counts).some((what) => what.endsWith(".part")), JSON.stringify(counts));
  assert(Object.keys(counts).some((what) => what.endsWith("journal")), JSON.stringify(counts));
});

test("checkFiles() finds a file that is wrong, one that is there twice, and somebody's that has changed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using server = new LyingServer(new Seeded(1), 2);
    const body = new Uint8Array(await (await fetch(server.urls[0])).arrayBuffer());
    Deno.writeFileSync(`${folder}/0.bin`, body);
    assertEquals(checkFiles(folder, server, { once: true }), 1);
    server.change(0);
    assertEquals(checkFiles(folder, server, { once: true }), 1, "a former version is whole, too");
    Deno.writeFileSync(`${folder}/1.bin`, body);
    assertThrows(() => checkFiles(folder, server, { once: true }), Broken, "has file 0 twice");
    body[1_000_000] ^= 1;
    Deno.writeFileSync(`${folder}/1.bin`, body);
    assertThrows(() => checkFiles(folder, server), Broken, "is no whole version of anything");
    Deno.writeFileSync(`${folder}/1.bin`, body.subarray(0, 1_000_000));
    assertThrows(() => checkFiles(folder, server), Broken, "is no whole version of anything");
    const strangers = new Map([["1.bin", "mine"]]);
    assertThrows(() => checkFiles(folder, server, { strangers }), Broken, "somebody else's");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("Seeded gives the same numbers for the same seed, and others for another", () => {
  const numbers = (seed: number) => {
    const random = new Seeded(seed);
    return Array.from({ length: 100 }, () => random.int(10));
  };
  assertEquals(numbers(5), numbers(5));
  assert(new Set([1, 2, 3].map((seed) => numbers(seed).join())).size === 3);
  assertEquals(new Set(numbers(5)).size, 10);
});
