import { assert, assertEquals } from "@std/assert";
import { QUEUEING_MS, STARTS_PER_TURN } from "../constants.ts";
import { Admission } from "../lib/admission.ts";
import type { Outcome } from "../lib/outcome.ts";

const answered = (firstByteMs?: number): Outcome => ({
  ...{ result: "done", id: 0, url: "", attempts: 1, startedAt: 0, totalMs: 0, bytes: 0, firstByteMs },
});

/** Whether a promise resolves within some turns of the event loop. */
async function resolves(promise: Promise<void> | undefined): Promise<boolean> {
  let resolved = false;
  promise?.then(() => resolved = true);
  for (let turns = 0; turns < 5 && !resolved; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
  return resolved;
}

Deno.test("Admission pauses after 8, 16, 32, ... lanes and then after each turn's worth of them", async () => {
  const admission = new Admission();
  const pauses: number[] = [];
  for (let opened = 1; opened <= 3 * STARTS_PER_TURN; opened++) {
    const pause = admission.pause(opened);
    if (pause) pauses.push(opened);
    await pause;
  }
  assertEquals(pauses, [8, 16, 32, 64, ...[1, 2, 3].map((turns) => turns * STARTS_PER_TURN)]);
});

Deno.test("Admission goes on after a turn while no answer has come, as from a website that takes a second", async () => {
  const admission = new Admission();
  for (let turns = 1; turns < 10; turns++) assert(await resolves(admission.pause(turns * STARTS_PER_TURN)));
});

Deno.test("Admission lets one lane open for every answer once they come", async () => {
  const admission = new Admission();
  admission.note(answered(10));
  const paused = admission.pause(STARTS_PER_TURN);
  assertEquals(await resolves(paused), false);
  for (let n = 0; n < STARTS_PER_TURN; n++) admission.note(answered(10));
  assert(await resolves(paused));
  assertEquals(await resolves(admission.pause(2 * STARTS_PER_TURN)), false, "those answers are spent");
});

Deno.test("Admission is full while answers take much longer than the fastest did, and no longer", async () => {
  const admission = new Admission();
  admission.note(answered(10));
  for (let n = 0; n < STARTS_PER_TURN; n++) admission.note(answered(100 + QUEUEING_MS));
  assert(admission.full);
  const paused = admission.pause(STARTS_PER_TURN);
  assertEquals(await resolves(paused), false);
  for (let n = 0; n < STARTS_PER_TURN; n++) admission.note(answered(10));
  assertEquals(admission.full, false);
  assert(await resolves(paused));
});

Deno.test("Admission learns nothing from an attempt that had no answer", () => {
  const admission = new Admission();
  for (let n = 0; n < 100; n++) admission.note(answered());
  assertEquals(admission.full, false);
});

Deno.test("Admission takes waiting for no reason to open lanes freely, once answers come", async () => {
  const admission = new Admission();
  admission.note(answered(1_000));
  const paused = admission.pause(STARTS_PER_TURN);
  assertEquals(await resolves(paused), false, "one answer is not enough for a turn's worth of lanes");
  for (let n = 0; n < STARTS_PER_TURN; n++) admission.note(answered(1_200));
  assert(await resolves(paused), "these didn't wait in a queue");
  for (let n = 0; n < STARTS_PER_TURN; n++) admission.note(answered(1_500));
  assert(admission.full);
});
