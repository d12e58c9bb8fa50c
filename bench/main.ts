/**
 * Compares our five scripts with what people would use instead, on the same slow server.
 *
 *     deno task bench                                                  the main tables
 *     deno task bench --only download,h2load --tables scale            some clients, up to a hundred thousand pages
 *     deno task bench --help
 *
 * README.md beside this file says what is measured and how. It needs Linux, whose kernel says what a process used.
 *
 * @module
 */

import { CommandError } from "../lib/core/errors.ts";
import { helpText } from "../lib/cli/help_text.ts";
import { compare, type Comparison } from "./compare.ts";
import { install } from "./install.ts";
import { lookAround } from "./machine.ts";
import { FLAGS, type Options, readOptions } from "./options.ts";
import { installCommand, TIME } from "./programs.ts";
import { type Results, resultsMarkdown, writeResults } from "./results.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

/** The command; returns its exit code: 0, 1 when a client failed or nothing can be measured, 2 for a bad command line. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.help) {
      const about = "Compares our five scripts with what people would use instead, on the same slow server.";
      console.log(helpText({ usage: "deno task bench [flags]", about, flags: FLAGS }));
      return 0;
    }
    return await measure(options);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(`bench: ${error.message}`);
    return error.exitCode;
  }
}

async function measure(options: Options): Promise<number> {
  if (Deno.build.os !== "linux") {
    throw new CommandError("can't measure here: it takes Linux to tell what a process used");
  }
  const programs = new Set([TIME, ...options.tables.flatMap(({ peers }) => peers.flatMap(({ needs }) => needs))]);
  if (options.install) await install(programs);
  const { conditions, missing } = await lookAround(programs, "bench");
  if (missing.has(TIME)) throw new CommandError(`GNU time isn't installed: ${installCommand(TIME)}`);

  const results: Results = { conditions, tables: [] };
  for (const table of options.tables) {
    const comparisons: Comparison[] = [];
    results.tables.push({ table, comparisons });
    for (const load of table.loads) {
      comparisons.push(
        await compare(load, table.peers, {
          ...options,
          once: table.once,
          missing,
          say: console.error,
        }),
      );
      await writeResults(results, options); // every time, so that a run cut short isn't lost
    }
  }
  if (!options.markdown) console.log(resultsMarkdown(results));
  const failed = results.tables.some(({ comparisons }) => comparisons.some(({ rows }) => rows.some((r) => r.failure)));
  return failed ? 1 : 0;
}
