/** Looking up hosts, and connecting to what was found. */

import { assertEquals, assertRejects } from "@std/assert";
import { connectAny } from "../../lib/http/connect_any.ts";
import { ConnectError } from "../../lib/http/connect_error.ts";
import { Resolver } from "../../lib/http/resolver.ts";

const coded = (code: string) => Object.assign(new Error(code), { code });

Deno.test("Resolver looks a host up once, for all who ask, until a minute has passed", async () => {
  let now = 0;
  const asked: string[] = [];
  const lookup = (name: string) => (asked.push(name), Promise.resolve(["192.0.2.1"]));
  const resolver = new Resolver({ lookup, now: () => now });
  await Promise.all(Array.from({ length: 100 }, () => resolver.resolve("a.test")));
  now = 59_999;
  await resolver.resolve("a.test");
  assertEquals(asked.length, 1);
  now = 60_000;
  await resolver.resolve("a.test");
  assertEquals(asked.length, 2);
  resolver.forget("a.test");
  await resolver.resolve("a.test");
  assertEquals(asked.length, 3);
});

Deno.test("Resolver asks nobody for addresses, nor for this machine", async () => {
  const resolver = new Resolver({ lookup: () => Promise.reject(coded("ENOTFOUND")) });
  assertEquals(await resolver.resolve("192.0.2.1"), ["192.0.2.1"]);
  assertEquals(await resolver.resolve("2001:db8::1"), ["2001:db8::1"]);
  assertEquals(await resolver.resolve("localhost"), ["127.0.0.1", "::1"]);
});

Deno.test("Resolver gives addresses by turns, and families by turns", async () => {
  const resolver = new Resolver({ lookup: () => Promise.resolve(["::1", "::2", "192.0.2.1", "192.0.2.2"]) });
  assertEquals(await resolver.resolve("a.test"), ["::1", "192.0.2.1", "::2", "192.0.2.2"]);
  assertEquals(await resolver.resolve("a.test"), ["::2", "192.0.2.2", "::1", "192.0.2.1"]);
});

Deno.test("Resolver tries again what may pass, and nothing else", async () => {
  let asked = 0;
  const lookup = () => ++asked < 3 ? Promise.reject(coded("EAI_AGAIN")) : Promise.resolve(["192.0.2.1"]);
  assertEquals(await new Resolver({ lookup, retryMs: [0, 0] }).resolve("a.test"), ["192.0.2.1"]);
  assertEquals(asked, 3);
  for (const [code, times] of [["EAI_AGAIN", 3], ["ENOTFOUND", 1]] as const) {
    let asked = 0;
    const failing = new Resolver({ lookup: () => (asked++, Promise.reject(coded(code))), retryMs: [0, 0] });
    const error = await assertRejects(() => failing.resolve("a.test"), ConnectError);
    assertEquals([error.kind, asked], ["dns", times]);
    await assertRejects(() => failing.resolve("a.test"), ConnectError);
    assertEquals(asked, 2 * times, "a failure isn't remembered");
  }
});

/** Connections that close, and a connect that does what each address says. */
function scripted(by: Record<string, "connects" | "fails" | "hangs">) {
  const tried: string[] = [];
  const open = new Set<string>();
  const connect = ({ hostname, signal }: { hostname: string; signal: AbortSignal }) => {
    tried.push(hostname);
    if (by[hostname] === "fails") return Promise.reject(new Error(`${hostname} refuses`));
    if (by[hostname] === "hangs") {
      return new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    }
    open.add(hostname);
    return Promise.resolve({ hostname, close: () => open.delete(hostname) } as unknown as Deno.TcpConn);
  };
  return { tried, open, options: { addresses: Object.keys(by), port: 80, connect } };
}

Deno.test("connectAny() goes on to the next address when one fails, or keeps silent", async () => {
  for (const first of ["fails", "hangs"] as const) {
    const { tried, open, options } = scripted({ a: first, b: "connects", c: "connects" });
    await connectAny({ ...options, staggerMs: 1, signal: new AbortController().signal });
    assertEquals([tried, [...open]], [["a", "b"], ["b"]]);
  }
});

Deno.test("connectAny() says why when no address answers, and ends when it is told to", async () => {
  const { options } = scripted({ a: "fails", b: "fails" });
  await assertRejects(() => connectAny({ ...options, signal: new AbortController().signal }), Error, "b refuses");
  const aborter = new AbortController();
  const { options: silent } = scripted({ a: "hangs", b: "hangs" });
  const ended = assertRejects(() => connectAny({ ...silent, signal: aborter.signal }), Error, "enough");
  aborter.abort(new Error("enough"));
  await ended;
});
