/**
 * The process that is killed: downloads into a folder what its arguments say.
 *
 * @module
 */

import { async } from "../async.ts";
import { optimized } from "../optimized.ts";

const [strategy, output, ...urls] = Deno.args;
const options = { output, retries: 3, backoffMs: 5, workers: 1, idleTimeoutMs: 3_000 };
const failed: string[] = [];
await (strategy === "async" ? async : optimized)(urls, (outcome) => {
  if (outcome.result === "failed") failed.push(`${outcome.url}: ${outcome.kind}, ${outcome.message}`);
}, options);
console.log(failed.join("\n"));
