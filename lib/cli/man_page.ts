/**
 * A manual page, from what `--help` says. In the language of man(7), which every system's `man` reads.
 *
 * @module
 */

import type { Flag } from "./flags.ts";
import { defaultOf, type Help } from "./help_text.ts";

/** What a manual page says besides what `--help` does. */
export interface ManPage extends Help {
  /** The command that it is of, with `-` in place of spaces. */
  name: string;
  /** What it does, in a few words. */
  short: string;
  /** The version that it is of, for the page's foot. */
  version: string;
  /** Names of other pages. Default: none. */
  seeAlso?: readonly string[];
}

/**
 * A manual page of section 1.
 *
 * @param page What it says.
 * @returns Lines for `man`.
 */
export function manPage(page: ManPage): string {
  const { name, short, version, usage, about, flags, examples = [], exitCodes = [], seeAlso = [] } = page;
  const groups = Map.groupBy(Object.entries(flags), ([, flag]) => flag.group ?? "Flags");
  const lines = [
    `.TH ${name.toUpperCase()} 1 "" ${quoted(`${name} ${version}`)} "User Commands"`,
    ".SH NAME",
    `${roff(name)} \\- ${roff(short)}`,
    ".SH SYNOPSIS",
    line(usage),
    ".SH DESCRIPTION",
    line(about),
    ".SH OPTIONS",
  ];
  for (const [group, entries] of groups) {
    lines.push(`.SS ${quoted(roff(group))}`);
    for (const [flag, said] of entries) lines.push(".TP", headOf(flag, said), line(said.about + defaultOf(said)));
  }
  if (examples.length) lines.push(".SH EXAMPLES");
  for (const [command, does] of examples) lines.push(".TP", `.B ${quoted(roff(command))}`, line(does));
  if (exitCodes.length) lines.push(`.SH ${quoted("EXIT STATUS")}`);
  for (const [code, means] of exitCodes) lines.push(".TP", `.B ${code}`, line(means));
  if (seeAlso.length) lines.push(`.SH ${quoted("SEE ALSO")}`, ...seeAlso.map((each) => `.BR ${roff(each)} (1)`));
  return lines.join("\n") + "\n";
}

function headOf(name: string, { short, value }: Flag): string {
  const names = [...short === undefined ? [] : [`-${short}`], `--${name}`];
  const said = value === undefined ? "" : ` \\fI${roff(value)}\\fR`;
  return names.map((each) => `\\fB${roff(each)}\\fR`).join(", ") + said;
}

const quoted = (text: string) => `"${text.replaceAll('"', "\\(dq")}"`;

/** A hyphen in it is the character that is typed, and no backslash means anything. */
const roff = (text: string) => text.replaceAll("\\", "\\e").replaceAll("-", "\\-");

/** Text on a line of its own: a dot or an apostrophe at its beginning would be a request. */
const line = (text: string) => roff(text).replace(/^(?=[.'])/, "\\&");
