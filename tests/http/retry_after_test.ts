import { assertEquals } from "@std/assert";
import { RETRY_AFTER_MOST_MS, retryAfter } from "../../lib/http/retry_after.ts";

// The instant RFC 9110 §5.6.7 writes in all three forms, a minute before.
const now = Date.UTC(1994, 10, 6, 8, 48, 37);

Deno.test("retryAfter() takes seconds", () => {
  assertEquals(retryAfter("0"), 0);
  assertEquals(retryAfter(" 120 "), 120_000);
});

Deno.test.each([
  ["Sun, 06 Nov 1994 08:49:37 GMT"],
  ["Sunday, 06-Nov-94 08:49:37 GMT"],
  ["Sun Nov  6 08:49:37 1994"],
])("retryAfter() takes the date %s", (date) => {
  assertEquals(retryAfter(date, { now }), 60_000);
  assertEquals(retryAfter(date, { now: now + 60_000 }), 0);
  assertEquals(retryAfter(date, { now: now + 90_000 }), 0);
});

Deno.test("retryAfter() takes two digits for the year that is no more than 50 years ahead", () => {
  const newYearsEve = Date.UTC(2099, 11, 31, 23, 59, 59);
  const mostMs = Infinity;
  assertEquals(retryAfter("Thursday, 31-Dec-99 23:59:59 GMT", { now: newYearsEve - 5_000, mostMs }), 5_000);
  assertEquals(retryAfter("Sunday, 06-Nov-94 08:49:37 GMT", { now: Date.UTC(2026, 0), mostMs }), 0);
});

Deno.test.each([
  ["two hours behind ours", -2 * 3_600_000],
  ["an hour ahead of ours", 3_600_000],
])("retryAfter() reads a date by the clock of the server, which is %s", (_, off) => {
  const at = (ms: number) => new Date(ms + off).toUTCString();
  assertEquals(retryAfter(at(now + 30_000), { now, date: at(now) }), 30_000);
  assertEquals(retryAfter(at(now - 30_000), { now, date: at(now) }), 0);
});

Deno.test("retryAfter() reads a date by our clock when the server's says nothing", () => {
  const in30Seconds = new Date(now + 30_000).toUTCString();
  for (const date of [null, undefined, "", "yesterday"]) assertEquals(retryAfter(in30Seconds, { now, date }), 30_000);
});

Deno.test("retryAfter() takes seconds for seconds, whatever the server's clock says", () => {
  assertEquals(retryAfter("7", { now, date: new Date(0).toUTCString() }), 7_000);
});

Deno.test("retryAfter() never asks for more than the limit", () => {
  assertEquals(retryAfter("86400"), RETRY_AFTER_MOST_MS);
  assertEquals(retryAfter("9".repeat(400)), RETRY_AFTER_MOST_MS);
  assertEquals(retryAfter("Fri, 31 Dec 9999 23:59:59 GMT", { now, mostMs: 1_000 }), 1_000);
});

Deno.test.each([
  [null],
  [""],
  ["-1"],
  ["1.5"],
  ["1e3"],
  ["0x10"],
  ["soon"],
  ["1 apple"],
  ["2026-01-01T00:00:00Z"],
  ["Sun, 06 Nov 1994 08:49:37"],
  ["Sun, 06 Foo 1994 08:49:37 GMT"],
  ["Sun, 32 Nov 1994 08:49:37 GMT"],
  ["Sun, 06 Nov 1994 24:49:37 GMT"],
  ["Sun, 06 Nov 1994 08:49:37 CET"],
])("retryAfter() says nothing for %s", (value) => {
  assertEquals(retryAfter(value, { now }), undefined);
});
