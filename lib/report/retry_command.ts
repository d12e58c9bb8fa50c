/**
 * The command that downloads again what failed.
 *
 * @module
 */

/** How a script is called. */
export interface Called {
  /** What stands before its arguments. */
  script: string;
  /** Its flags without a value, which a URL may follow. */
  switches: ReadonlySet<string>;
}

/** Flags that say what to download, with a value; what has failed stands in their place, in the form that lists usually have. */
const SOURCES = /^(?:-i|--(?:input|url|trials|list-format|url-column|name-column|column))$/;
const SOURCES_WITH_VALUE = /^(?:-i.+|--(?:input|url|trials|list-format|url-column|name-column|column)=.*)$/;

/**
 * The command line for it: the same as before, with what failed in place of what was asked for.
 *
 * @param called How the script is called.
 * @param args The arguments it had.
 * @param failed The list of what failed.
 * @returns For example `deno run -A download.ts -i failed.ndjson -o files --failed failed.ndjson`.
 */
export function retryCommand({ script, switches }: Called, args: readonly string[], failed: string): string {
  const kept: string[] = [];
  let hasFailed = false;
  for (let i = 0; i < args.length && args[i] !== "--"; i++) { // what comes after it are URLs
    const arg = args[i];
    if (SOURCES.test(arg)) i++;
    else if (!SOURCES_WITH_VALUE.test(arg) && arg !== "--strict" && arg.startsWith("-") && arg !== "-") {
      kept.push(arg);
      if (arg === "--failed" || arg.startsWith("--failed=")) hasFailed = true;
      const takesValue = !arg.includes("=") && !switches.has(arg) && !/^-[^-]./.test(arg);
      if (takesValue && i + 1 < args.length) kept.push(args[++i]);
    }
  }
  return [script, "-i", failed, ...kept, ...hasFailed ? [] : ["--failed", failed]].map(quoted).join(" ");
}

/** A word as a shell takes it. The script is several words. */
function quoted(word: string, i: number): string {
  return i === 0 || /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
