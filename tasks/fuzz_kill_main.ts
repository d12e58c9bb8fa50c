/**
 * The process that is killed: downloads into a folder what its arguments say.
 *
 * @module
 */

import { STRATEGIES, type Title } from "./strategies.ts";

const [title, output, ...urls] = Deno.args;
const options = { output, retries: 3, backoffMs: 5, workers: 1, idleTimeoutMs: 3_000 };
const failed: string[] = [];
await STRATEGIES[title as Title](urls, (outcome) => {
  if (outcome.result === "failed") failed.push(`${outcome.url}: ${outcome.kind}, ${outcome.message}`);
}, options);
console.log(failed.join("\n"));
