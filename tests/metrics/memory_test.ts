import { assert } from "@std/assert";
import { peakMemoryBytes } from "../../lib/metrics/memory.ts";
import { testNeeding } from "../helpers/needs.ts";

Deno.test({
  name: "peakMemoryBytes() does without the permission to read",
  permissions: { read: false },
  fn() {
    const bytes = peakMemoryBytes();
    assert(bytes > 1e6 && bytes < 1e12, `${bytes}`);
  },
});

const test = await testNeeding("read");

test("peakMemoryBytes() never goes down, and grows with what is used", () => {
  const before = peakMemoryBytes();
  assert(before > 1e7 && before < 1e12, `${before}`);
  const used = new Uint8Array(before).fill(1);
  assert(peakMemoryBytes() > before + used.length / 2);
});
