/**
 * The command that downloads again what failed.
 *
 * @module
 */

/** Flags that say what to download, with a value; what has failed stands in their place. */
const SOURCES = /^(?:-i|--input|--url|--trials)$/;
const SOURCES_WITH_VALUE = /^(?:-i.+|--(?:input|url|trials)=.*)$/;

/** Flags without a value, which a URL may follow. */
const SWITCHES = /^--(?:strict|raw|fail-fast|verbose|json|timeline|quiet|dry-run|update|verify|no-\w+)$/;

/**
 * The command line for it: the same as before, with what failed in place of what was asked for.
 *
 * @param script How the script is called.
 * @param args The arguments it had.
 * @param failed The list of what failed.
 * @returns For example `deno run -A download.ts -i failed.ndjson -o files --failed failed.ndjson`.
 */
export function retryCommand(script: string, args: readonly string[], failed: string): string {
  const kept: string[] = [];
  let hasFailed = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (SOURCES.test(arg)) i++;
    else if (!SOURCES_WITH_VALUE.test(arg) && arg !== "--strict" && arg.startsWith("-") && arg !== "-") {
      kept.push(arg);
      if (arg === "--failed" || arg.startsWith("--failed=")) hasFailed = true;
      const takesValue = !arg.includes("=") && !SWITCHES.test(arg) && !/^-[joi]./.test(arg);
      if (takesValue && i + 1 < args.length) kept.push(args[++i]);
    }
  }
  return [script, "-i", failed, ...kept, ...hasFailed ? [] : ["--failed", failed]].map(quoted).join(" ");
}

/** A word as a shell takes it. The script is several words. */
function quoted(word: string, i: number): string {
  return i === 0 || /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
