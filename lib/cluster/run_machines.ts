/**
 * The machines that work on a run, as others see them: by what each says of itself.
 *
 * @module
 */

import { isCount } from "./packed.ts";

/** A machine that works on a run. */
export interface Machine {
  /** The name of its session. */
  session: string;
  /** Its host, with the process where there are several; its session's name if it doesn't say that. */
  name: string;
  /** The name of its host, if it says it. */
  host?: string;
  /** The number of its process, if it says it. */
  pid?: number;
  /** The partitions that it has. */
  partitions: number[];
  /** Downloads of those that have ended per second; absent at the first look. */
  perSecond?: number;
}

/** Names machines by their hosts, and sorts them by their names. */
export function named(machines: Machine[]): Machine[] {
  const hosts = Map.groupBy(machines, ({ host }) => host);
  for (const machine of machines) {
    const { host, pid } = machine;
    if (host === undefined) continue;
    const isAlone = hosts.get(host)?.length === 1 || pid === undefined;
    machine.name = isAlone ? host : `${host} ${pid}`;
  }
  return machines.sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
}

/** What a machine says of itself, which comes from outside. */
export function readAbout(value: Uint8Array): { host?: string; pid?: number } {
  try {
    const { host, pid } = JSON.parse(new TextDecoder().decode(value));
    const isNamed = typeof host === "string" && host !== "";
    return isNamed ? { host: host.slice(0, 100), ...isCount(pid) && { pid } } : {};
  } catch {
    return {};
  }
}
