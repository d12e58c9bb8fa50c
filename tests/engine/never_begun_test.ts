/** A request that no server began to work on costs a download no attempt, and still not for ever. */

import { assert, assertEquals } from "@std/assert";
import { describeError } from "../../lib/engine/failure.ts";
import { isNeverBegun, MAX_NEVER_BEGUN } from "../../lib/engine/never_begun.ts";
import type { Failed, FailureKind, Outcome } from "../../lib/core/outcome.ts";
import { optimized } from "../../optimized.ts";
import { startHttp2Server } from "../helpers/http2_server.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read");

const failed = (kind: FailureKind, message: string, status?: number): Failed => ({
  ...{ result: "failed", id: 0, url: "", attempts: 1, startedAt: 0, totalMs: 0, bytes: 0, kind, message, status },
});

async function download(url: string, pages: number, retries: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const urls = Array.from({ length: pages }, (_, n) => `${url}/${n}`);
  await optimized(urls, (outcome) => outcomes.push(outcome), { http: 2, workers: 1, retries, backoffMs: 1 });
  return outcomes;
}

const ends = (outcomes: Outcome[]) => new Set(outcomes.map(({ result, attempts }) => `${result} ${attempts}`));

test("a stream that the server refuses costs its download no attempt", async () => {
  await using server = await startHttp2Server((nth) => nth <= 40 ? "refuse" : "answer");
  const outcomes = await download(server.url, 10, 0);
  assertEquals([outcomes.length, ends(outcomes)], [10, new Set(["done 1"])]);
});

test("a request that comes after the last one of a connection costs its download no attempt", async () => {
  await using server = await startHttp2Server((nth) => nth % 4 === 0 ? "goaway" : "answer");
  const outcomes = await download(server.url, 30, 0);
  assertEquals([outcomes.length, ends(outcomes)], [30, new Set(["done 1"])]);
});

test("a server that refuses every stream is asked a bounded number of times, and its downloads fail", async () => {
  let asked = 0;
  await using server = await startHttp2Server(() => {
    asked++;
    return "refuse";
  });
  const outcomes = await download(server.url, 2, 1);
  assertEquals(ends(outcomes), new Set(["failed 2"]));
  assert(outcomes.every((outcome) => outcome.result === "failed" && isNeverBegun(outcome)));
  assert(asked <= 2 * 2 * (MAX_NEVER_BEGUN + 2), `${asked} streams; fetch sends each request up to twice by itself`);
});

Deno.test("isNeverBegun() knows what Deno says of refused streams and ending connections, and nothing else", () => {
  const refused = "stream error received: refused stream before processing any application logic";
  const ending = "connection error received: not a result of an error";
  assertEquals(describeError(new Error(refused)).kind, "protocol");
  assert(isNeverBegun(failed("protocol", refused)));
  assert(isNeverBegun(failed("protocol", ending)));
  assert(isNeverBegun(failed("closed", "runtime dropped the dispatch task")));
  assert(isNeverBegun(failed("too-many-open-files", "Too many open files (os error 24)")));
  assert(!isNeverBegun(failed("protocol", refused, 200)), "after the head it was begun");
  assert(!isNeverBegun(failed("protocol", ending, 200)));
  assert(!isNeverBegun(failed("protocol", "stream error received: unspecific protocol error detected")));
  assert(!isNeverBegun(failed("reset", "Connection reset by peer (os error 104)")));
});
