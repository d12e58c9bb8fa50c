import { assertEquals } from "@std/assert";
import { decodeChunk, encodeRow, encodeRows } from "../../lib/cluster/chunk.ts";
import { BlockPool, ChunkRows } from "../../lib/cluster/chunk_rows.ts";

Deno.test("chunks that are filled in turns from the same blocks have what was put into each", () => {
  const pool = new BlockPool();
  const [one, other] = [new ChunkRows(pool), new ChunkRows(pool)];
  for (let round = 0; round < 3; round++) {
    // Characters of one to four bytes, at every place around the end of a block
    const jobs = Array.from(
      { length: 300 },
      (_, id) => ({ id: id * 3, url: `http://a.example/${"xä€𝄞".repeat(id % 40)}${id}` }),
    );
    for (const job of jobs) (job.id % 2 ? one : other).add(job.id, encodeRow(job));
    for (const [rows, rest] of [[one, 1], [other, 0]] as const) {
      const expected = jobs.filter(({ id }) => id % 2 === rest);
      assertEquals(rows.count, expected.length);
      const chunk = decodeChunk(encodeRows({ number: round, first: 7, digest: 9 }, rows));
      assertEquals(chunk, { number: round, first: 7, digest: 9, jobs: expected });
      assertEquals(rows.count, 0);
    }
  }
});

Deno.test("a chunk without downloads is one, too", () => {
  const rows = new ChunkRows(new BlockPool());
  const totals = { partition: 0, run: 5 };
  assertEquals(decodeChunk(encodeRows({ number: 0, first: 0, digest: 0, totals }, rows)), {
    ...{ number: 0, first: 0, digest: 0, jobs: [], totals },
  });
});
