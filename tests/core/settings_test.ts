import { assertEquals, assertThrows } from "@std/assert";
import {
  BACKOFF_MS,
  CONNECT_TIMEOUT_MS,
  CORES,
  IDLE_TIMEOUT_MS,
  RETRIES,
  RETRY_MAX_TIME_MS,
  TIMEOUT_MS,
  USER_AGENT,
} from "../../constants.ts";
import { SHARD_BYTES } from "../../lib/core/shards.ts";
import { settle, type StrategyOptions } from "../../lib/core/settings.ts";

const LIMITS = { concurrency: 10 };

/** What nobody says anything about here. */
const REST = {
  ...{ output: undefined, distinct: false, digest: false, raw: false },
  ...{ perHost: Infinity, rate: Infinity, maxFailures: Infinity, maxFilesize: Infinity },
  ...{
    update: false,
    verify: false,
    mtime: true,
    accept: [],
    reject: [],
    unwanted: "fail" as const,
    limitRate: Infinity,
    segments: 1,
  },
  ...{ outputFormat: "files" as const, shardSize: SHARD_BYTES },
  ...{ headers: { "user-agent": USER_AGENT }, proxy: undefined, caCerts: undefined },
  ...{ originHeaders: {}, logins: {}, cookies: undefined, hosts: {}, robots: false },
  ...{ s3Endpoint: undefined, state: undefined },
};

Deno.test("settle() fills in what isn't said", () => {
  assertEquals(settle({}, LIMITS), {
    concurrency: 10,
    ...{ workers: CORES, clients: Infinity, http: "auto" },
    timeoutMs: TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    ...{ retries: RETRIES, retryMaxTimeMs: RETRY_MAX_TIME_MS, retryOn: [] },
    backoffMs: BACKOFF_MS,
    ...REST,
  });
});

Deno.test("settle() keeps what is said, zeros too", () => {
  const options = {
    ...{ concurrency: 3, workers: 1, clients: 2, http: 2 as const },
    ...{ timeoutMs: 4, connectTimeoutMs: 5, idleTimeoutMs: 6, retries: 0, backoffMs: 0 },
    ...{ retryMaxTimeMs: 0, retryOn: "none" as const },
  };
  assertEquals(settle(options, LIMITS), { ...options, ...REST });
});

Deno.test("settle() takes a bucket for an output, and refuses what has nothing to work on there", () => {
  const output = "s3://stuff/a";
  const { s3Endpoint, state, perHost } = settle({ output, s3Endpoint: "http://a:1", state: "b" }, LIMITS);
  assertEquals([s3Endpoint, state, perHost], ["http://a:1", "b", 32]);
  assertThrows(() => settle({ output: "s3://" }, LIMITS), TypeError, "output takes a folder, or the name of a bucket");
  assertThrows(
    () => settle({ output, update: true }, LIMITS),
    TypeError,
    "update doesn't go with an output in a bucket",
  );
  assertThrows(
    () => settle({ output, verify: true }, LIMITS),
    TypeError,
    "verify doesn't go with an output in a bucket",
  );
  assertThrows(() => settle({ output: "a", state: "b" }, LIMITS), TypeError, "state is about an output such as s3://");
  for (const wrong of ["ftp://a", "http://me:geheim@a", "http://a?b", "a"]) {
    const { message } = assertThrows(
      () => settle({ output, s3Endpoint: wrong }, LIMITS),
      TypeError,
      "s3Endpoint takes",
    );
    assertEquals(message.includes("geheim"), false);
  }
});

Deno.test("settle() leaves out what can't go to a worker", () => {
  const settings = settle({ signal: new AbortController().signal }, LIMITS);
  assertEquals(structuredClone(settings), settings);
});

Deno.test("settle() takes no limit for no limit", () => {
  assertEquals(settle({ concurrency: 1e9, timeoutMs: Infinity }, LIMITS).timeoutMs, Infinity);
});

const refused: [StrategyOptions, string][] = [
  [{ concurrency: 0 }, "Option concurrency takes a whole number of at least 1: it is 0"],
  [{ concurrency: 1.5 }, "Option concurrency takes a whole number of at least 1: it is 1.5"],
  [{ concurrency: Infinity }, "Option concurrency takes a whole number of at least 1: it is Infinity"],
  [{ workers: 0 }, "Option workers takes a whole number of at least 1: it is 0"],
  [{ clients: 1.5 }, "Option clients takes a whole number of at least 1: it is 1.5"],
  [{ segments: 0, output: "a" }, "Option segments takes a whole number from 1 to 64: it is 0"],
  [{ segments: 65, output: "a" }, "Option segments takes a whole number from 1 to 64: it is 65"],
  [{ segments: "many" as "auto", output: "a" }, "Option segments takes a whole number from 1 to 64: it is many"],
  [{ http: 3 as 2 }, 'Option http takes 1, 2, "auto" or "alpn": it is 3'],
  [{ retries: -1 }, "Option retries takes a whole number of at least 0: it is -1"],
  [{ retries: NaN }, "Option retries takes a whole number of at least 0: it is NaN"],
  [{ timeoutMs: 0 }, "Option timeoutMs takes a number of at least 1: it is 0"],
  [{ connectTimeoutMs: -5 }, "Option connectTimeoutMs takes a number of at least 1: it is -5"],
  [{ idleTimeoutMs: NaN }, "Option idleTimeoutMs takes a number of at least 1: it is NaN"],
  [{ maxFilesize: 0 }, "Option maxFilesize takes a number of at least 1: it is 0"],
  [{ backoffMs: -1 }, "Option backoffMs takes a number of at least 0: it is -1"],
  [{ retryMaxTimeMs: -1 }, "Option retryMaxTimeMs takes a number of at least 0: it is -1"],
  [{ retryOn: [404, 200] }, "Option retryOn takes a whole number from 400 to 599: it is 200"],
];
for (const [options, message] of refused) {
  Deno.test(`settle() refuses ${Object.keys(options)} = ${Object.values(options)}`, () => {
    assertEquals(assertThrows(() => settle(options, LIMITS), RangeError).message, message);
  });
}

Deno.test("settle() refuses more at once than a strategy can have", () => {
  const tooMany = () => settle({ concurrency: 2 }, { concurrency: 1, maxConcurrency: 1 });
  assertThrows(tooMany, RangeError, "Option concurrency takes a whole number that is 1: it is 2");
  const outside = () => settle({ concurrency: 9 }, { concurrency: 1, maxConcurrency: 8 });
  assertThrows(outside, RangeError, "Option concurrency takes a whole number from 1 to 8: it is 9");
});

Deno.test("settle() refuses text where a number belongs", () => {
  const options: StrategyOptions = JSON.parse('{"timeoutMs": "5s"}');
  assertThrows(() => settle(options, LIMITS), RangeError, "Option timeoutMs takes a number of at least 1: it is 5s");
});

Deno.test("settle() refuses a word that is no list of statuses", () => {
  const options: StrategyOptions = JSON.parse('{"retryOn": "404"}');
  assertThrows(
    () => settle(options, LIMITS),
    TypeError,
    'Option retryOn takes a list of statuses, or "none": it is 404',
  );
});

Deno.test("settle() refuses a numeral in quotes", () => {
  const options: StrategyOptions = JSON.parse('{"timeoutMs": "5000", "backoffMs": "1"}');
  assertThrows(() => settle(options, LIMITS), RangeError, "Option timeoutMs");
});

Deno.test("settle() refuses for shards what is for files", () => {
  for (const options of [{ update: true }, { verify: true }, { segments: 4 }]) {
    const settled = () => settle({ ...options, output: "a", outputFormat: "tar" }, LIMITS);
    assertThrows(settled, TypeError, `Option ${Object.keys(options)[0]} is for files`);
  }
});
