/**
 * What curl, wget2, aria2c, Node's fetch and download.ts make of every fault of the slow website.
 *
 *     deno task clients                                   a table
 *     deno task clients --markdown docs/server.md         into that page, between its marks
 *     deno task clients --only curl,download.ts           some of them
 *
 * @module
 */

import { choicesFlag, HELP, textFlag } from "../lib/cli/flags.ts";
import { CommandError } from "../lib/core/errors.ts";
import { command } from "./command.ts";
import { FAULT_CASES, type FaultCase } from "./faults/cases.ts";
import { DEADLINE_S, FAULT_CLIENTS, type FaultClient } from "./faults/clients.ts";
import { type FaultSite, faultSite } from "./faults/fault_site.ts";
import { send, type Verdict } from "./faults/send.ts";
import { markdownTable } from "./markdown.ts";
import { versionOf } from "./programs.ts";

/** Clients at work at the same time: they mostly wait. */
const AT_ONCE = 3;

/**
 * What each client makes of each fault.
 *
 * @param clients The clients, all installed.
 * @param cases The faults.
 * @returns A row for each case, in it a verdict for each client.
 */
export async function judgeClients(
  clients: readonly FaultClient[],
  cases: readonly FaultCase[] = FAULT_CASES,
): Promise<Verdict[][]> {
  const sites = new Map<string | undefined, FaultSite>();
  for (const { tls } of cases) if (!sites.has(tls)) sites.set(tls, await faultSite({ tls }));
  const verdicts: Verdict[][] = cases.map(() => []);
  const errands = cases.flatMap((fault, row) => clients.map((client, column) => ({ fault, client, row, column })));
  try {
    let next = 0;
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let at = next++; at < errands.length; at = next++) {
        const { fault, client, row, column } = errands[at];
        const site = sites.get(fault.tls);
        // A page for each, since the site counts how often each page was asked for.
        if (site) verdicts[row][column] = await send(client, fault, site, at + 1);
      }
    }));
    // Was it the client that didn't end, or the machine that was busy? Once more, and nothing else with it.
    for (const [at, { fault, client, row, column }] of errands.entries()) {
      const site = sites.get(fault.tls);
      if (site && verdicts[row][column] === "never ends") {
        verdicts[row][column] = await send(client, fault, site, errands.length + at + 1);
      }
    }
  } finally {
    for (const site of sites.values()) await site[Symbol.asyncDispose]();
  }
  return verdicts;
}

/** Whether a client did what is right, or could do no better. */
export function isGood({ expect, knowable }: FaultCase, verdict: Verdict): boolean {
  if (verdict === "can't") return true;
  if (verdict === "wrong") return !knowable;
  if (verdict === "right") return true;
  return verdict.startsWith("fails") && expect.includes("fails");
}

/** The table. What is in bold is a mistake of the client. */
export function faultsMarkdown(
  clients: readonly { name: string; version: string }[],
  verdicts: readonly (readonly Verdict[])[],
  cases: readonly FaultCase[] = FAULT_CASES,
): string {
  const rows = cases.map((fault, row) => [
    fault.name.replace(/^[^ ,]*/, (word) => /^(resumed|changed|TLS)$/.test(word) ? word : `\`${word}\``),
    fault.knowable ? fault.expect.join(" or ") : "can't be known",
    ...verdicts[row].map((verdict) => isGood(fault, verdict) ? verdict : `**${verdict}**`),
  ]);
  const head = ["what the site does", "should be", ...clients.map(({ name, version }) => `${name} ${version}`)];
  return markdownTable(head, rows);
}

if (import.meta.main) {
  const flags = {
    only: choicesFlag({ choices: FAULT_CLIENTS.map(({ name }) => name), about: "some of the clients" }),
    markdown: textFlag({ value: "FILE", about: "write the table between the marks of this page" }),
    help: HELP,
  };
  const about = `What clients make of every fault of the slow website, each with a deadline of ${DEADLINE_S} s.`;
  Deno.exit(
    await command(Deno.args, { task: "clients", about, flags }, async ({ only, markdown }) => {
      const chosen = FAULT_CLIENTS.filter(({ name }) => only.length === 0 || only.includes(name));
      const versions = await Promise.all(chosen.map(({ program }) => versionOf(program)));
      const missing = chosen.filter((_, i) => versions[i] === undefined).map(({ name }) => name);
      if (missing.length) throw new CommandError(`${missing.join(", ")} not installed; leave out with --only`);
      const clients = chosen.map(({ name }, i) => ({ name, version: versions[i] ?? "" }));
      const table = faultsMarkdown(clients, await judgeClients(chosen));
      if (markdown === undefined) console.log(table);
      else await intoPage(markdown, table);
      return 0;
    }),
  );
}

async function intoPage(file: string, table: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  const marked = /(<!-- clients -->\n)[^]*?(\n<!-- \/clients -->)/;
  if (!marked.test(text)) throw new CommandError(`${file} has no <!-- clients --> ... <!-- /clients -->`);
  await Deno.writeTextFile(file, text.replace(marked, (_, before, after) => `${before}\n${table}\n${after}`));
}
