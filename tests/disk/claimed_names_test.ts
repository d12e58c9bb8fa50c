import { assertEquals } from "@std/assert";
import { ClaimedNames } from "../../lib/disk/claimed_names.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("read");

Deno.test("ClaimedNames.claim() grants a name once, whatever its case", () => {
  const names = new ClaimedNames();
  assertEquals(names.claim("a/B.txt"), true);
  assertEquals(names.claim("a/B.txt"), false);
  assertEquals(names.claim("A/b.TXT"), false);
  assertEquals(names.claim("a/b"), true);
  assertEquals(new ClaimedNames().claim("a/b"), true);
});

Deno.test("ClaimedNames.claim() grants 300,000 names once each, and refuses hardly any for another", () => {
  const names = new ClaimedNames();
  const count = 300_000;
  let granted = 0;
  let again = 0;
  for (let i = 0; i < count; i++) if (names.claim(`${i}.bin`)) granted++;
  for (let i = 0; i < count; i++) if (names.claim(`${i}.bin`)) again++;
  assertEquals(again, 0);
  assertEquals(count - granted <= 3, true, `${count - granted} refused`);
});

test("ClaimedNames grants a name to one of several workers", async () => {
  const names = new ClaimedNames();
  const code = `
    import { ClaimedNames } from "${new URL("../../lib/disk/claimed_names.ts", import.meta.url)}";
    self.onmessage = ({ data }) => {
      const names = new ClaimedNames(data);
      let granted = 0;
      for (let i = 0; i < 20_000; i++) if (names.claim(i + ".txt")) granted++;
      self.postMessage(granted);
    };`;
  const workers = [1, 2, 3].map(() =>
    new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" })
  );
  const granted = await Promise.all(workers.map((worker) => {
    const { promise, resolve } = Promise.withResolvers<number>();
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(names.shared);
    return promise;
  }));
  for (const worker of workers) worker.terminate();
  assertEquals(granted.reduce((sum, each) => sum + each), 20_000);
});
