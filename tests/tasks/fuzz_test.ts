/** A short run of the fuzzer with a fixed seed, and its oracle against what the RFCs say in words. */

import { deflateRawSync, gzipSync } from "node:zlib";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bytesOf, joined, textOf } from "../fuzz/bytes.ts";
import type { Exchange } from "../fuzz/case.ts";
import { fuzz, fuzzOnce, MOST_GROWTH } from "../fuzz/fuzz.ts";
import { inflate } from "../fuzz/inflate.ts";
import { expectedOf, judge } from "../fuzz/judge.ts";
import { type Expected, expected } from "../fuzz/oracle.ts";
import type { Ending } from "../fuzz/oracle_framing.ts";
import { Random } from "../fuzz/random.ts";
import type { Came } from "../fuzz/read_by.ts";
import type { Target } from "../fuzz/target.ts";
import { openTargets, type TargetName } from "../fuzz/targets.ts";
import { testNeeding } from "../helpers/needs.ts";

const test = await testNeeding("net", "read", "write", "env");

const OK = "HTTP/1.1 200 OK\r\n";

/** Cases of each target: seconds for all of them together. */
const CASES: Record<TargetName, number> = { scripted: 400, sockets: 40, fetch: 30, endless: 40, bombs: 2, http2: 400 };

for (const [name, cases] of Object.entries(CASES) as [TargetName, number][]) {
  test(`the fuzzer finds nothing in ${cases} cases of its target ${name}`, async () => {
    await using targets = await openTargets([name]);
    const { found, memory } = await fuzz(targets.all, { seed: 11, cases, onFound: () => {}, shrinkMs: 1_000 });
    const told = found.map(({ target, rule, detail, seed, example }) => {
      return `${rule}: ${detail}\n${example}\nagain: deno task fuzz --case ${target.name}:${seed}`;
    });
    assertEquals(told, []);
    assert(memory.peak - memory.start < MOST_GROWTH, `memory grew from ${memory.start} to ${memory.peak} bytes`);
  });
}

/** A target of numbers, of which those from 200 on do something that must not be. */
function numbers(forbidden: () => void): Target<number[]> {
  return {
    ...{ name: "numbers", about: "lists of numbers", abreast: 1, weight: 1 },
    generate: (random) => Array.from({ length: 8 }, () => random.below(256)),
    run(list) {
      if (list.some((number) => number >= 200)) forbidden();
      return Promise.resolve(undefined);
    },
    smaller: (list) => list.map((_, at) => list.toSpliced(at, 1)),
    describe: (list) => JSON.stringify(list),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

for (
  const [what, forbidden] of [
    ["throws", () => {
      throw new Error("too large");
    }],
    ["leaves a rejection to nobody", () => void Promise.reject(new Error("too large"))],
  ] as [string, () => void][]
) {
  Deno.test(`the fuzzer finds what ${what}, makes it small, and finds it again by its seed`, async () => {
    const target = numbers(forbidden);
    const { found: [found, ...others] } = await fuzz([target], { seed: 1, cases: 20, onFound: () => {} });
    assertEquals(others, []);
    assertMatch(found.rule, /too large/);
    assertMatch(found.example, /^\[2\d\d\]$/);
    assertEquals((await fuzzOnce(target, found.seed))?.example, found.example);
  });
}

Deno.test("the fuzzer calls other bytes, other statuses, and refusing what is right by their names", () => {
  const exchange: Exchange = {
    ...{ packets: [bytesOf(`${OK}Content-Length: 2\r\n\r\nok`)], ending: "open", late: new Uint8Array(), pause: 0 },
    ...{ way: "bytes", view: 1, raw: false, known: [] },
  };
  const rule = (came: Came) => judge(exchange, expectedOf(exchange), came)?.rule;
  assertEquals(rule({ kind: "whole", status: 200, bytes: bytesOf("ok") }), undefined);
  assertEquals(rule({ kind: "whole", status: 200, bytes: bytesOf("o") }), "gives other bytes");
  assertEquals(rule({ kind: "whole", status: 200, bytes: bytesOf("okHTTP") }), "gives other bytes");
  assertEquals(rule({ kind: "whole", status: 200, count: 3 }), "counts other bytes");
  assertEquals(rule({ kind: "whole", status: 404, bytes: bytesOf("ok") }), "gives another status");
  assertEquals(rule({ kind: "start", status: 200, bytes: bytesOf("o") }), undefined);
  assertEquals(rule({ kind: "start", status: 200, bytes: bytesOf("k") }), "gives other bytes");
  assertEquals(rule({ kind: "failure", error: new Error("no") }), "refuses what is right: Error: no");
  assertEquals(rule({ kind: "hang" }), "hangs beyond its deadline");
  exchange.packets = [bytesOf(`${OK}Content-Length: 3\r\n\r\nok`)];
  assertEquals(rule({ kind: "failure", error: new Error("no") }), undefined);
  assertEquals(
    rule({ kind: "whole", status: 200, bytes: bytesOf("ok") }),
    "calls whole what is not: ends within the body",
  );
});

const command = async (...args: string[]) => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "tasks/fuzz.ts", ...args],
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
};
const testCommand = await testNeeding("net", "read", "write", "env", "run");

testCommand("deno task fuzz says what it did, and how to do it again", async () => {
  const { code, stdout } = await command("--seconds", "1", "--seed", "11", "--only", "scripted");
  assertEquals(code, 0, stdout);
  assertMatch(stdout, /the same again: --seed 11 --only scripted/);
  assertMatch(stdout, /\nscripted: [\d,]+ cases? in /);
  assertMatch(stdout, /\nnothing found\n$/);
});

testCommand("deno task fuzz --case runs one case, and refuses what names none", async () => {
  assertEquals(await command("--case", "scripted:7"), {
    code: 0,
    stdout: "scripted:7 shows nothing that must not be\n",
    stderr: "",
  });
  const { code, stderr } = await command("--case", "7");
  assertEquals([code, stderr], [2, "fuzz: --case takes TARGET:SEED, as a finding names it, not 7\n"]);
});

/** What must come of an answer: its body, `or fail` where that is right too, or `fail`; and where it ends if more follows. */
function verdict(sent: string | Uint8Array, ending: Ending = "open"): string {
  const bytes = typeof sent === "string" ? bytesOf(sent) : sent;
  const { body, mayFail, end }: Expected = expected(bytes, { ending, unpacks: () => true, known: [] });
  if (body === undefined) return "fail";
  const left = bytes.length - (end ?? 0);
  return `${textOf(body)}${mayFail ? " or fail" : ""}${left > 0 ? `, ${left} left` : ""}`;
}
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** An answer that is packed with gzip, whose packed body is this. */
function packed(body: Uint8Array, coding = "gzip"): Uint8Array {
  return joined(bytesOf(`${OK}Content-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`), body);
}

const gzip = (text: string) => new Uint8Array(gzipSync(bytesOf(text)));

Deno.test("the oracle knows where a body ends (RFC 9112 §6.3)", () => {
  assertEquals(verdict(`${OK}Content-Length: 2\r\n\r\nokHTTP`), "ok, 4 left");
  assertEquals(verdict(`${OK}Content-Length: 3\r\n\r\nok`), "fail");
  assertEquals(verdict(`${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`), "ok");
  assertEquals(verdict(`${OK}Content-Length: 2\r\nContent-Length: 1\r\n\r\nok`), "fail");
  assertEquals(verdict(`${OK}Content-Length: 2, 2\r\n\r\nok`), "ok or fail");
  assertEquals(verdict(`${OK}Content-Length: +2\r\n\r\nok`), "fail");
  assertEquals(verdict(`${OK}\r\nok`, "close"), "ok");
  assertEquals(verdict(`${OK}\r\nok`, "open"), "fail");
  assertEquals(verdict(`${OK}\r\nok`, "reset"), "fail");
  assertEquals(verdict("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok"), ", 2 left");
  assertEquals(verdict("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n"), "");
  assertEquals(verdict(`HTTP/1.1 103 Early\r\nContent-Length: 2\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`), "ok");
  assertEquals(verdict("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "fail");
});

Deno.test("the oracle knows chunks (RFC 9112 §7.1)", () => {
  assertEquals(verdict(`${CHUNKED}2;a=b\r\nok\r\n00\r\nX: y\r\n\r\nHTTP`), "ok, 4 left");
  assertEquals(verdict(`${CHUNKED}2\r\nok\r\n0\r\n`, "close"), "ok or fail");
  assertEquals(verdict(`${CHUNKED}2\r\nok\r\n0\r\n`), "fail");
  assertEquals(verdict(`${CHUNKED}2\r\nok\r\n`, "close"), "fail");
  assertEquals(verdict(`${CHUNKED}1\r\nok\r\n0\r\n\r\n`), "fail");
  assertEquals(verdict(`${CHUNKED}\xef\xbb\xbf2\r\nok\r\n0\r\n\r\n`), "fail");
  assertEquals(verdict(`${CHUNKED}2\nok\r\n0\r\n\r\n`), "ok or fail");
  assertEquals(verdict(`${OK}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), " or fail");
  assertEquals(verdict(`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`), "fail");
});

Deno.test("the oracle knows which connections may be used again (RFC 9112 §9.3)", () => {
  const reuse = (head: string) =>
    expected(bytesOf(`${head}\r\nContent-Length: 0\r\n\r\n`), { ending: "open", unpacks: () => true, known: [] })
      .mayReuse;
  assertEquals(reuse("HTTP/1.1 200 OK"), true);
  assertEquals(reuse("HTTP/1.1 200 OK\r\nConnection: Close"), false);
  assertEquals(reuse("HTTP/1.1 200 OK\r\nConnection: x-close"), true);
  assertEquals(reuse("HTTP/1.0 200 OK"), false);
  assertEquals(reuse("HTTP/1.0 200 OK\r\nConnection: keep-alive"), true);
  assertEquals(reuse("HTTP/1.0 200 OK\r\nConnection: keep-alive, close"), false);
});

Deno.test("the oracle knows folded headers and odd lines (RFC 9112 §2.2, §5)", () => {
  assertEquals(verdict(`${OK}X: a\r\n b\r\nContent-Length:\r\n\t2\r\n\r\nok`), "ok");
  assertEquals(verdict(`${OK} X: a\r\nContent-Length: 2\r\n\r\nok`), "ok or fail");
  assertEquals(verdict(`${OK}Content-Length : 2\r\n\r\nok`), "ok or fail");
  assertEquals(verdict("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), "ok or fail");
  assertEquals(verdict(`${OK}no colon\r\nContent-Length: 2\r\n\r\nok`), "fail");
});

Deno.test("the oracle unpacks whole bodies, and no others (RFC 1950 to 1952)", () => {
  assertEquals(verdict(packed(gzip("ok"))), "ok");
  assertEquals(verdict(packed(joined(gzip("o"), gzip(""), gzip("k")))), "ok");
  assertEquals(verdict(packed(gzip("ok").subarray(0, -1))), "fail");
  assertEquals(verdict(packed(joined(gzip("ok"), gzip("ok").subarray(0, 5)))), "fail");
  assertEquals(verdict(packed(gzip("ok").with(-5, 1))), "fail");
  assertEquals(verdict(packed(joined(gzip("ok"), new Uint8Array(4)))), "ok or fail");
  assertEquals(verdict(packed(new Uint8Array())), "");
  assertEquals(verdict(packed(new Uint8Array(gzipSync(gzip("ok"))), "gzip, GZIP")), "ok");
  assertEquals(verdict(packed(gzip("ok"), "gzip, identity")), "ok");
  assertEquals(verdict(packed(gzip("ok"), "compress")), "fail");
  assertEquals(verdict(packed(new Uint8Array(deflateRawSync(bytesOf("ok"))), "deflate")), "ok or fail");
});

Deno.test("the oracle inflates what zlib deflated, at every level", () => {
  const random = new Random(1951);
  for (let n = 0; n < 60; n++) {
    const words = Array.from({ length: 20 }, () => textOf(random.bytes(random.below(30))));
    const text = Array.from({ length: random.below(400) }, () => random.pick(words)).join("");
    const deflated = new Uint8Array(deflateRawSync(bytesOf(text), { level: n % 10 }));
    const { bytes, end } = inflate(joined(new Uint8Array(3), deflated, new Uint8Array(9)), 3);
    assertEquals([textOf(bytes), end], [text, deflated.length + 3]);
  }
});
