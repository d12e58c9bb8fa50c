/**
 * What makes shells complete the flags of an installed command, from the flags themselves.
 *
 *     eval "$(download-stuff --completions bash)"
 *
 * A word after the command that has flags of its own (`download-stuff server`) prints its completions itself; those of the
 * command leave that word to them where the shell has them, too.
 *
 * @module
 */

import type { Flag, Flags, Shell } from "./flags.ts";

/** What the command is called where it is installed. */
export const COMMAND = "download-stuff";

/** The words that may follow the command and have flags of their own. */
export const SUBCOMMANDS: readonly string[] = ["server"];

/** A command to complete. */
export interface Completed {
  /** The command, and the word after it if that has flags of its own. */
  words: readonly [command: string, word?: string];
  /** Its flags. */
  flags: Flags;
}

/**
 * Completions for a shell.
 *
 * @param shell The shell.
 * @param completed The command and its flags.
 * @returns Lines for that shell to read.
 */
export function completions(shell: Shell, completed: Completed): string {
  return { bash, zsh, fish }[shell](completed);
}

/** What a flag's value can be completed with. */
function kindOf({ value, choices }: Flag): "none" | "words" | "file" | "folder" | "unknown" {
  if (value === undefined) return "none";
  if (choices) return "words";
  return value.split("|").includes("FILE") ? "file" : value === "DIR" ? "folder" : "unknown"; // FILE|URL is both
}

/** A flag as it is typed: `-i` and `--input`, or `--json`. */
const typed = (name: string, { short }: Flag) => [...short === undefined ? [] : [`-${short}`], `--${name}`];

const functionName = ([command, word]: readonly [string, string?]) =>
  `_${command}${word === undefined ? "" : `_${word}`}`.replaceAll("-", "_");

/** For a shell's single quotes. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function bash({ words: [command, word], flags }: Completed): string {
  const all = Object.entries(flags);
  const named = (kind: string) => all.filter(([, flag]) => kindOf(flag) === kind).flatMap((each) => typed(...each));
  const values = [
    ...all.filter(([, flag]) => kindOf(flag) === "words").map(([name, flag]) =>
      [typed(name, flag), `compgen -W ${quoted((flag.choices ?? []).join(" "))} -- "$1"`] as const
    ),
    [named("file"), 'compgen -f -- "$1"'] as const,
    [named("folder"), 'compgen -d -- "$1"'] as const,
    [named("unknown"), ":"] as const,
  ].filter(([flags]) => flags.length > 0);
  const self = functionName([command, word]);
  const own = word === undefined ? SUBCOMMANDS : [];
  const others = own.map((each) => {
    const other = functionName([command, each]);
    return `  if [[ $COMP_CWORD -gt 1 && \${COMP_WORDS[1]} == ${each} ]] && declare -F ${other} >/dev/null; then
    ${other}; return
  fi\n`;
  });
  const first = own.length === 0
    ? ""
    : `\n      if [[ $COMP_CWORD == 1 ]]; then compgen -W ${quoted(own.join(" "))} -- "$1"; fi`;
  // Of bash 3.2, which macOS has: it has no mapfile, and no compopt
  return `${self}_words() {
  case $2 in
${values.map(([flags, command]) => `    ${flags.join("|")}) ${command} ;;`).join("\n")}
    *) case $1 in
    -*) compgen -W ${quoted(all.flatMap((each) => typed(...each)).join(" "))} -- "$1" ;;
    *)${first}
      compgen -f -- "$1" ;;
    esac ;;
  esac
}
${self}() {
  local each cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
${others.join("")}  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  compopt -o filenames 2>/dev/null
  COMPREPLY=()
  while IFS= read -r each; do COMPREPLY+=("$each"); done < <(${self}_words "$cur" "$prev")
}
${word === undefined ? `complete -F ${self} ${command}\n` : ""}`;
}

function zsh({ words: [command, word], flags }: Completed): string {
  const inZsh = (text: string) => text.replaceAll(/[\\[\]:]/g, "\\$&");
  const specs = Object.entries(flags).map(([name, flag]) => {
    const names = typed(name, flag);
    const kind = kindOf(flag);
    const values = kind === "words"
      ? `(${(flag.choices ?? []).join(" ")})`
      : kind === "file"
      ? "_files"
      : kind === "folder"
      ? "_files -/"
      : " ";
    const value = kind === "none" ? "" : `:${inZsh(flag.value ?? "")}:${values}`;
    const others = flag.repeatable ? "*" : `(${names.join(" ")})`;
    const spelt = names.map((each) => each.startsWith("--") && kind !== "none" ? `${each}=` : each);
    return (spelt.length > 1 ? `${quoted(others)}{${spelt.join(",")}}` : quoted(others + spelt[0])) +
      quoted(`[${inZsh(flag.about)}]${value}`);
  });
  const self = functionName([command, word]);
  const own = word === undefined ? SUBCOMMANDS : [];
  const rest = own.length === 0
    ? ["'*:file:_files'"]
    : [quoted(`1:URL, list or command:{ compadd ${own.join(" ")}; _files }`), "'*:URL:_files'"];
  return `#compdef ${command}
${self}() {
${
    own.map((each) => {
      const other = functionName([command, each]);
      return `  if (( CURRENT > 2 && $+functions[${other}] )) && [[ $words[2] == ${each} ]]; then
    shift words; (( CURRENT-- )); ${other}; return
  fi\n`;
    }).join("")
  }  _arguments -s \\
    ${[...specs, ...rest].join(" \\\n    ")}
}
${word === undefined ? `compdef ${self} ${command}\n` : ""}`;
}

function fish({ words: [command, word], flags }: Completed): string {
  const inFish = (text: string) => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
  const seen = `__fish_seen_subcommand_from ${word ?? SUBCOMMANDS.join(" ")}`;
  const begin = `complete -c ${command} -n ${inFish(word === undefined ? `not ${seen}` : seen)}`;
  const lines = Object.entries(flags).map(([name, flag]) => {
    const value = {
      none: "",
      words: ` -x -a ${inFish((flag.choices ?? []).join(" "))}`,
      file: " -r -F",
      folder: " -x -a '(__fish_complete_directories)'",
      unknown: " -x",
    }[kindOf(flag)];
    const short = flag.short === undefined ? "" : ` -s ${flag.short}`;
    return `${begin}${short} -l ${name}${value} -d ${inFish(flag.about)}`;
  });
  if (word === undefined) {
    for (const each of SUBCOMMANDS) lines.push(`complete -c ${command} -n __fish_is_first_arg -a ${each}`);
  }
  return lines.join("\n") + "\n";
}
