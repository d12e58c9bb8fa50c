import { assert, assertEquals } from "@std/assert";
import { faultsMarkdown, isGood, judgeClients } from "../../bench/faults.ts";
import { FAULT_CASES } from "../../bench/faults/cases.ts";
import { FAULT_CLIENTS } from "../../bench/faults/clients.ts";
import { downloadAll } from "../../bench/faults/download_all.ts";
import { OWN_CASES, waysOf } from "../../bench/faults/own_cases.ts";
import { CURL } from "../../bench/programs.ts";
import { FLAGS } from "../../site/command/flags.ts";
import { FLOODS } from "../../site/http2/server.ts";
import { ENCODINGS, FAULTS, flagName, queryName, RANGES, VALIDATORS } from "../../site/parameters.ts";
import { SETTING_LIST } from "../../site/settings.ts";
import { TLS_FAULTS } from "../../site/tls/certificates.ts";
import { testNeeding, testOnSockets } from "../helpers/needs.ts";
import { testWith } from "../helpers/programs.ts";

const test = testOnSockets(await testNeeding("net", "run", "read", "write", "env", "ffi"));

Deno.test("every fault of the site has a case", () => {
  const all = FAULT_CASES.map(({ query, tls }) => `&${query}&${tls}&`).join();
  for (const fault of FAULTS) assert(all.includes(`fault=${fault}&`), fault);
  for (const encoding of ENCODINGS) assert(all.includes(`encoding=${encoding}&`), encoding);
  for (const ranges of RANGES) assert(all.includes(`ranges=${ranges}&`), ranges);
  for (const validators of VALIDATORS) assert(all.includes(`validators=${validators}&`), validators);
  for (const tls of TLS_FAULTS) assert(all.includes(`&${tls}&`), tls);
});

/** What all cases have, what is another's seed, and what another case does by count in place of by the clock. */
const NO_CASE_OF_THEIR_OWN = ["delay", "numbytes", "seed", "changeInterval", "journal"];

Deno.test("every parameter, every limit and every flag of HTTP/2 frames has a case", () => {
  const queries = [...FAULT_CASES, ...OWN_CASES].map(({ query }) => `&${query}`).join();
  const limits = OWN_CASES.flatMap(({ site = {} }) => Object.entries(site));
  for (const [name] of SETTING_LIST) {
    const isTried = queries.includes(`&${queryName(name)}=`) || limits.some(([limit]) => limit === name);
    assert(isTried || NO_CASE_OF_THEIR_OWN.includes(name), name);
  }
  const told = limits.map(([, value]) => value);
  for (const word of ["nothing", "slow-down", "ietf", "x", "address", "host", "queue"]) {
    assert(told.includes(word), word);
  }
  const frames = OWN_CASES.flatMap(({ frames = {} }) => Object.keys(frames).map(flagName));
  for (const flag of Object.keys(FLAGS)) {
    assert(!/^h2-(?!port$)/.test(flag) || frames.includes(flag.slice("h2-".length)), flag);
  }
});

Deno.test("the flags of the site offer every fault of TLS, and every flood", () => {
  assertEquals(FLAGS["tls-fault"].choices, ["none", ...TLS_FAULTS]);
  assertEquals(FLAGS["h2-flood"].choices, FLOODS);
});

// HTTP/1.1 without digests and HTTP/2 with them; `deno task faults` has both of both, with 1,000 pages.
for (const fault of [...FAULT_CASES, ...OWN_CASES]) {
  const ways = waysOf(fault);
  const hasDigests = ways.some(({ digests }) => digests);
  for (const { http, digests } of ways.filter(({ http, digests }) => !hasDigests || digests === (http === 2))) {
    test(`download() takes no wrong byte from ${fault.name} over HTTP/${http}`, async () => {
      const { problem } = await downloadAll(fault, { count: fault.resumed ? 3 : 20, http, digests });
      assertEquals(problem, undefined);
    });
  }
}

await testWith([CURL], "judgeClients() tells what is right from what is wrong, refused and believed", async () => {
  const clients = FAULT_CLIENTS.filter(({ name }) => name === "curl");
  const cases = FAULT_CASES.filter(({ name }) =>
    ["TRUNCATE", "CONTENT_LENGTH_MISSING", "BIT_FLIP", "EMPTY_RESPONSE", "TLS expired", "gzip-truncated"].includes(name)
  );
  const verdicts = await judgeClients(clients, cases);
  assertEquals(
    Object.fromEntries(cases.map(({ name }, row) => [name, verdicts[row][0]])),
    {
      EMPTY_RESPONSE: "fails",
      TRUNCATE: "fails, file stays",
      BIT_FLIP: "wrong",
      CONTENT_LENGTH_MISSING: "right",
      "gzip-truncated": "believes",
      "TLS expired": "fails",
    },
  );
  const table = faultsMarkdown([{ name: "curl", version: "7" }], verdicts, cases);
  assert(/`gzip-truncated` .*\*\*believes\*\*/.test(table), table);
  assert(/`BIT_FLIP` .*can't be known.* wrong /.test(table), table);
});

Deno.test("isGood() forgives what can't be known, and nothing else", () => {
  const [right] = FAULT_CASES.filter(({ name }) => name === "gzip");
  const [fails] = FAULT_CASES.filter(({ name }) => name === "TRUNCATE");
  const [unknowable] = FAULT_CASES.filter(({ name }) => name === "BIT_FLIP");
  assertEquals([isGood(right, "right"), isGood(right, "fails"), isGood(right, "wrong")], [true, false, false]);
  assertEquals([isGood(fails, "fails, file stays"), isGood(fails, "believes"), isGood(fails, "never ends")], [
    true,
    false,
    false,
  ]);
  assertEquals([isGood(unknowable, "wrong"), isGood(unknowable, "never ends")], [true, false]);
});
