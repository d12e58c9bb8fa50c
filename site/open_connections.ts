/**
 * How many connections to a port are open, as the kernel sees it: a server isn't told of a connection before a request comes.
 *
 * @module
 */

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/** What the kernel calls a connection that both ends have agreed to (`man 5 proc`, include/net/tcp_states.h). */
const ESTABLISHED = "01";

/**
 * Counts the open connections to a port of this machine.
 *
 * @param port The port.
 * @returns How many there are; undefined on systems other than Linux, or without permission to look.
 */
export async function openConnections(port: number): Promise<number | undefined> {
  try {
    const tables = await Promise.all(TABLES.map((path) => Deno.readTextFile(path)));
    return tables.reduce((sum, table) => sum + countOpen(table, port), 0);
  } catch {
    // Another system, or no permission to read: it isn't known then
  }
}

/**
 * Counts in one of the kernel's tables.
 *
 * @param table Its text: a line for each socket, with the local address, the remote one and the state, in hexadecimal.
 * @param port The local port.
 * @returns Established connections to it.
 */
export function countOpen(table: string, port: number): number {
  const local = port.toString(16).toUpperCase().padStart(4, "0");
  return table.match(new RegExp(`:${local} [0-9A-F]+:[0-9A-F]{4} ${ESTABLISHED} `, "g"))?.length ?? 0;
}
