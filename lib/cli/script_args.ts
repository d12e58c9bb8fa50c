/**
 * The arguments of a script that is also a word of the installed command: `download-stuff server --port 8001`.
 *
 * @module
 */

/** The module that runs when the installed command is one program, whose first word says which script it is to be. */
const PROGRAM = /\/tasks\/program\.ts$/;

/** What tells which script runs. */
export interface Started {
  /** The arguments of the process. Default: its own. */
  args: readonly string[];
  /** The module that it was started with. Default: its own. */
  mainModule: () => string;
}

const THIS: Started = { args: Deno.args, mainModule: () => Deno.mainModule };

/**
 * The arguments of a script, if it is the one that runs.
 *
 * @param word What the installed command calls it.
 * @param isMain Whether the process was started with it: its `import.meta.main`.
 * @param started What tells otherwise. Default: this process.
 * @returns Its arguments; `undefined` where another module has imported it.
 */
export function scriptArgs(word: string, isMain: boolean, { args, mainModule } = THIS): readonly string[] | undefined {
  if (isMain) return args;
  return args[0] === word && PROGRAM.test(mainModule()) ? args.slice(1) : undefined;
}
