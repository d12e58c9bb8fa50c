/**
 * Tests that need permissions: left out, by name and with the reason, where nobody grants them, as in a bare
 * `deno test`; run by `deno task test`.
 *
 * @module
 */

import { socketsAvailable } from "../site/client_socket.ts";

const NEEDS: Record<string, Deno.PermissionDescriptor[]> = {
  /** A server and clients in this process. */
  net: [{ name: "net", host: "127.0.0.1" }],
  /** The same, and the C library, to act on sockets; see site/client_socket.ts. */
  socket: [{ name: "net", host: "127.0.0.1" }, { name: "ffi" }],
  /** Processes of our own programs, and talking to them. */
  run: [{ name: "run" }, { name: "net", host: "127.0.0.1" }, { name: "read" }, { name: "env" }],
};

/**
 * A test, if it may do what it needs.
 *
 * @param need What it needs: `net` to serve and fetch, `socket` to act on sockets as well, `run` to start processes and
 * talk to them.
 * @param name What the test shows.
 * @param test The test.
 */
export async function testWith(need: "net" | "socket" | "run", name: string, test: () => Promise<void>): Promise<void> {
  const missing: string[] = [];
  for (const permission of NEEDS[need]) {
    if ((await Deno.permissions.request(permission)).state !== "granted") missing.push(`--allow-${permission.name}`);
  }
  // Asked here, and not first in a test, since what it loads stays.
  if (need === "socket" && !missing.length && !socketsAvailable()) missing.push("Linux");
  if (missing.length) Deno.test.ignore(`${name} (left out: needs ${missing.join(", ")})`, test);
  else Deno.test(name, test);
}
