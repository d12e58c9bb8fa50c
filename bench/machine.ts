/**
 * The conditions of a comparison: without them its figures say nothing.
 *
 * @module
 */

import { type Program, versionOf } from "./programs.ts";

/** Where, when and with what something was measured. */
export interface Conditions {
  /** When it began, as an ISO 8601 date and time in UTC. */
  date: string;
  /** The command that measured it. */
  command: string;
  /** The processor's name. */
  processor: string;
  /** Its cores, as the system counts them. */
  cores: number;
  /** Memory in bytes. */
  memoryBytes: number;
  /** The operating system. */
  system: string;
  /** Processes that wanted to run in the minute before, on average: above 0.5, something else was going on. */
  loadAverage: number;
  /** Versions of the programs that took part, by name. */
  versions: Record<string, string>;
  /** Programs that aren't installed. */
  missing: string[];
}

/**
 * Looks at the machine.
 *
 * @param programs The programs that may take part.
 * @param task The task that measures, as deno.json calls it.
 * @returns The conditions, and which programs aren't there.
 */
export async function lookAround(
  programs: Iterable<Program>,
  task: string,
): Promise<{ conditions: Conditions; missing: Set<Program> }> {
  const versions: Record<string, string> = {};
  const missing = new Set<Program>();
  for (const program of programs) {
    const version = await versionOf(program);
    if (version === undefined) missing.add(program);
    else versions[program.name] = version;
  }
  const conditions: Conditions = {
    date: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    command: [`deno task ${task}`, ...Deno.args].join(" "),
    processor: await processorName(),
    cores: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
    system: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    loadAverage: Deno.loadavg()[0],
    versions,
    missing: [...missing].map(({ name }) => name),
  };
  return { conditions, missing };
}

async function processorName(): Promise<string> {
  const info = await Deno.readTextFile("/proc/cpuinfo");
  return /^model name\s*: (.+)$/m.exec(info)?.[1] ?? "unknown processor";
}

/**
 * The conditions as a list.
 *
 * @param conditions What was seen.
 * @returns Markdown.
 */
export function conditionsMarkdown(conditions: Conditions): string {
  const { date, command, processor, cores, memoryBytes, system, loadAverage, versions } = conditions;
  return [
    `- ${date}, by \`${command}\``,
    `- ${cores} cores (${processor}), ${Math.round(memoryBytes / 2 ** 30)} GiB, ${system}; ` +
    `load average before ${loadAverage.toFixed(2)}`,
    `- ${Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ")}`,
    "- the server is a process of its own, and shares the cores with the client",
  ].join("\n");
}
