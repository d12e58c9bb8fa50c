import { assert, assertEquals } from "@std/assert";
import { descriptorBudget } from "../../lib/engine/descriptor_budget.ts";
import { limitOf, openFilesLimit, parseLimit } from "../../lib/engine/open_files.ts";

for (const limit of [0, 1, 64, 128, 1_024, 20_000]) {
  Deno.test(`descriptorBudget() keeps everything together below a limit of ${limit}, and leaves one of each`, () => {
    for (const isolates of [1, 2, 16, 101]) {
      for (const isSaving of [true, false]) {
        const budget = descriptorBudget(limit, { isolates, isSaving });
        assert(budget.isolates >= 1 && budget.isolates <= isolates && budget.inFlight >= 1 && budget.idle >= 1);
        const taken = 25 + (budget.isolates - 1) * 6 + budget.inFlight * (isSaving ? 2 : 1) + budget.idle;
        assert(limit < 64 || taken <= limit, `${taken} of ${limit}`);
      }
    }
  });
}

Deno.test("descriptorBudget() bounds nothing where there is no limit", () => {
  const budget = descriptorBudget(Infinity, { isolates: 4, isSaving: true });
  assertEquals(budget, { isolates: 4, inFlight: Infinity, idle: Infinity });
});

Deno.test("parseLimit() finds the soft limit, and knows none where there is none", () => {
  const limits =
    "Limit  Soft Limit  Hard Limit  Units\nMax processes  5  6  processes\nMax open files   1024   4096   files\n";
  assertEquals(parseLimit(limits), 1_024);
  assertEquals(parseLimit(limits.replace("1024   4096", "unlimited unlimited")), Infinity);
  assertEquals(parseLimit(""), Infinity);
});

Deno.test("openFilesLimit() asks nobody for a permission, and knows no limit without", () => {
  assert(openFilesLimit() > 0);
});

Deno.test("limitOf() is what Linux says, 10,240 files on macOS whatever ulimit says, and none on Windows", () => {
  const read = () => 256;
  assertEquals(limitOf({ os: "linux", read }), 256);
  assertEquals(limitOf({ os: "darwin", read }), 10_240);
  assertEquals(limitOf({ os: "windows", read }), Infinity);
});
