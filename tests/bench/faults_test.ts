import { assert, assertEquals } from "@std/assert";
import { faultsMarkdown, isGood, judgeClients } from "../../bench/faults.ts";
import { FAULT_CASES } from "../../bench/faults/cases.ts";
import { FAULT_CLIENTS } from "../../bench/faults/clients.ts";
import { downloadAll } from "../../bench/faults/download_all.ts";
import { CURL } from "../../bench/programs.ts";
import { ENCODINGS, FAULTS, RANGES, VALIDATORS } from "../../site/parameters.ts";
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

// HTTP/1.1 without digests and HTTP/2 with them; `deno task faults` has both of both, with 1,000 pages.
for (const { http, digests } of [{ http: 1, digests: false }, { http: 2, digests: true }] as const) {
  for (const fault of FAULT_CASES) {
    if (fault.digest || (http === 2 && fault.tls)) continue;
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
