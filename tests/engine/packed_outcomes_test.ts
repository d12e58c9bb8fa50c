import { assertEquals, assertThrows } from "@std/assert";
import type { Job } from "../../lib/core/download.ts";
import type { Done, Outcome } from "../../lib/core/outcome.ts";
import { packOutcomes, unpackOutcomes } from "../../lib/engine/packed_outcomes.ts";

function page(id: number, more: Partial<Done> = {}): Outcome {
  const times = { startedAt: 1_764_057_600_000.123 + id, firstByteMs: 1_000.25, totalMs: 1_000.5 };
  return {
    result: "done",
    id,
    url: `http://h/${id}`,
    attempts: 1,
    ...times,
    status: 200,
    bytes: 1,
    value: id,
    ...more,
  };
}

const jobOf = (id: number): Job => ({ id, url: `http://h/${id}`, attempt: 1, expected: id });
const byId = (outcomes: Iterable<Outcome>) => [...outcomes].sort((a, b) => a.id - b.id);

const failed: Outcome = { ...page(4), result: "failed", kind: "reset", message: "reset" };

Deno.test("outcomes come out of packOutcomes() as they went in, whatever they say", () => {
  const outcomes = [
    page(0),
    page(1, { value: Number.MAX_SAFE_INTEGER, attempts: 3 }),
    page(2, { file: "a/b", size: 3 }),
    page(3, { finalUrl: "http://elsewhere/" }),
    failed,
    page(5, { value: undefined }),
    page(6, { sha256: "00" }),
    page(7, { firstByteMs: undefined }),
    page(8),
  ];
  const packed = structuredClone(packOutcomes(outcomes));
  assertEquals(byId(unpackOutcomes(packed, jobOf)), outcomes);
  assertEquals(packed.outcomes.map(({ id }) => id), [2, 3, 4, 5, 6, 7]);
});

Deno.test("packOutcomes() sends numbers only where there are some", () => {
  assertEquals(packOutcomes([failed]), { outcomes: [failed] });
  assertEquals(packOutcomes([page(1), page(2)]).outcomes, []);
});

Deno.test("unpackOutcomes() shows no credentials", () => {
  const withPassword = () => ({ ...jobOf(1), url: "http://me:secret@h/1" });
  assertEquals([...unpackOutcomes(packOutcomes([page(1)]), withPassword)], [page(1)]);
});

Deno.test("unpackOutcomes() throws when a page is of no job", () => {
  assertThrows(() => [...unpackOutcomes(packOutcomes([page(1)]), () => undefined)], Error, "job 1");
});
