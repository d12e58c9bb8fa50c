import { assertEquals } from "@std/assert";
import { isRateLimited } from "../../lib/http/is_rate_limited.ts";
import { Http1Headers } from "../../lib/http/http1/head.ts";
import { Http2Headers } from "../../lib/http/http2/response_head.ts";
import { readRateLimit } from "../../lib/http/rate_limit.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 60 * 60_000;

for (
  const [what, headers, quota] of [
    ["nothing", {}, undefined],
    ["the draft's field", { "ratelimit": '"default";r=50;t=30' }, { remaining: 50, resetMs: 30_000 }],
    ["a token for its name", { "ratelimit": "default;r=50;t=30" }, { remaining: 50, resetMs: 30_000 }],
    [
      "the draft's field with its policy",
      { "ratelimit": '"a";r=1;t=3', "ratelimit-policy": '"a";q=100;w=60' },
      { remaining: 1, resetMs: 3_000, limit: 100, windowMs: 60_000 },
    ],
    [
      "a policy's window where there is no time",
      { "ratelimit": '"a";r=1', "ratelimit-policy": '"b";q=7;w=7, "a";q=100;w=60' },
      { remaining: 1, resetMs: 60_000, limit: 100, windowMs: 60_000 },
    ],
    [
      "the strictest of several",
      { "ratelimit": '"day";r=5000;t=80000, "minute";r=1;t=60;pk=:YQ==:, "second";r=0;t=1' },
      { remaining: 1, resetMs: 60_000 },
    ],
    ["quoted names with commas", { "ratelimit": '"a, b;r=9;t=9";r=2;t=4' }, { remaining: 2, resetMs: 4_000 }],
    ["revision 07", { "ratelimit": "limit=100, remaining=5, reset=2" }, { remaining: 5, resetMs: 2_000, limit: 100 }],
    [
      "the older three",
      { "ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "5", "ratelimit-reset": "2" },
      { remaining: 5, resetMs: 2_000, limit: 100, windowMs: 60_000 },
    ],
    [
      "the older three with a policy",
      {
        "ratelimit-limit": "10",
        "ratelimit-policy": "10;w=1, 50;w=60",
        "ratelimit-remaining": "5",
        "ratelimit-reset": "2",
      },
      { remaining: 5, resetMs: 2_000, limit: 10, windowMs: 1_000 },
    ],
    ["the usual ones", { "x-ratelimit-remaining": "5", "x-ratelimit-reset": "1.5" }, { remaining: 5, resetMs: 1_500 }],
    [
      "a time since the epoch",
      { "x-ratelimit-remaining": "5", "x-ratelimit-reset": String(NOW / 1_000 + 9) },
      { remaining: 5, resetMs: 9_000 },
    ],
    [
      "a time since the epoch in milliseconds",
      { "x-ratelimit-remaining": "5", "x-ratelimit-reset": String(NOW + 9_000) },
      { remaining: 5, resetMs: 9_000 },
    ],
    [
      "a time since the epoch by the server's clock",
      {
        "x-ratelimit-remaining": "5",
        "x-ratelimit-reset": String(NOW / 1_000 + 3_609),
        "date": "Thu, 01 Jan 2026 01:00:00 GMT",
      },
      { remaining: 5, resetMs: 9_000 },
    ],
    [
      "the field before the others",
      { "ratelimit": '"a";r=1;t=2', "x-ratelimit-remaining": "5", "x-ratelimit-reset": "6" },
      { remaining: 1, resetMs: 2_000 },
    ],
    ["the least of several", { "x-ratelimit-remaining": "5, 3", "x-ratelimit-reset": "6" }, {
      remaining: 3,
      resetMs: 6_000,
    }],
  ] as const
) {
  Deno.test(`readRateLimit() reads ${what}`, () => {
    const all = Object.entries(headers);
    const own = new Http2Headers();
    for (const [name, value] of all) own.add(name, value);
    const text = `HTTP/1.1 200 OK\r\n${all.map(([name, value]) => `${name.toUpperCase()}: ${value}\r\n`).join("")}\r\n`;
    for (const each of [new Headers(headers), own, new Http1Headers(text)]) {
      assertEquals(isRateLimited(each), quota !== undefined);
      assertEquals(readRateLimit(each, NOW), quota);
    }
  });
}

for (
  const [what, headers, quota] of [
    ["a negative rest", { "x-ratelimit-remaining": "-1", "x-ratelimit-reset": "9" }, undefined],
    ["no number", { "x-ratelimit-remaining": "NaN", "x-ratelimit-reset": "9" }, undefined],
    ["an infinite rest", { "x-ratelimit-remaining": "Infinity", "x-ratelimit-reset": "9" }, undefined],
    ["an exponent", { "x-ratelimit-remaining": "1e3", "x-ratelimit-reset": "9" }, undefined],
    ["a hexadecimal", { "x-ratelimit-remaining": "0x5", "x-ratelimit-reset": "9" }, undefined],
    ["nothing", { "x-ratelimit-remaining": "", "x-ratelimit-reset": "" }, undefined],
    ["no reset", { "x-ratelimit-remaining": "0" }, undefined],
    ["a negative reset", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "-5" }, undefined],
    ["a reset that is no number", { "ratelimit": '"a";r=0;t=NaN' }, undefined],
    ["no rest", { "ratelimit": '"a";t=5' }, undefined],
    [
      "a limit of nothing",
      { "x-ratelimit-limit": "0", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" },
      undefined,
    ],
    ["ten years", { "ratelimit": '"a";r=0;t=315360000' }, { remaining: 0, resetMs: DAY_MS }],
    [
      "a time in ten years",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 + 315_360_000) },
      { remaining: 0, resetMs: DAY_MS },
    ],
    [
      "a time that is over",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 - 9) },
      { remaining: 0, resetMs: 0 },
    ],
    ["more than can be counted", { "ratelimit": '"a";r=999999999999999;t=1' }, { remaining: 1e9, resetMs: 1_000 }],
    ["too many digits", { "ratelimit": `"a";r=${"9".repeat(400)};t=1` }, undefined],
  ] as const
) {
  Deno.test(`readRateLimit() isn't misled by ${what}`, () =>
    assertEquals(readRateLimit(new Headers(headers), NOW), quota));
}

Deno.test("readRateLimit() isn't slow with whatever a header may be", () => {
  for (const piece of ['"a', ";a", "a=", ";a=b", '"\\', "a ", ";   ", '"a";r=1,', "limit=,"]) {
    const value = piece.repeat(60_000 / piece.length);
    // Quadratic in its length it would take minutes, and the test with it
    readRateLimit(new Headers({ "ratelimit": value, "ratelimit-policy": value, "x-ratelimit-limit": value }), NOW);
  }
});
