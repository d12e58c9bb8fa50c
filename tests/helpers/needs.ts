/**
 * Tests that need a permission: left out, by name and with the reason, where it is denied and nobody can be asked.
 *
 * `deno task test` grants what all of them need; a bare `deno test` asks in a terminal, and is denied without one.
 *
 * @module
 */

import { socketsAvailable } from "../../site/client_socket.ts";

const DESCRIPTORS = {
  net: { name: "net", host: "127.0.0.1" },
  run: { name: "run" },
  read: { name: "read" },
  write: { name: "write" },
  env: { name: "env" },
  sys: { name: "sys" },
  ffi: { name: "ffi" },
} as const satisfies Record<string, Deno.PermissionDescriptor>;

/** Registers a test, or leaves it out and says why. */
export type Test = (name: string, fn: (t: Deno.TestContext) => void | Promise<void>) => void;

/**
 * Asks for permissions.
 *
 * @param names What the tests can't do without.
 * @returns What registers such a test.
 */
export async function testNeeding(...names: (keyof typeof DESCRIPTORS)[]): Promise<Test> {
  const denied: string[] = [];
  for (const name of names) {
    if ((await Deno.permissions.request(DESCRIPTORS[name])).state !== "granted") denied.push(name);
  }
  const ignore = denied.length > 0;
  const why = ignore ? ` (left out: needs --allow-${denied.join(" --allow-")})` : "";
  return (name, fn) => Deno.test({ name: name + why, ignore, fn });
}

/** Registers a test that needs IPv6 on this machine, or leaves it out and says so. */
export function testOverIpv6(test: Test): Test {
  return hasIpv6() ? test : (name, fn) => Deno.test({ name: `${name} (left out: needs IPv6)`, ignore: true, fn });
}

/** Registers a test in which the site acts on its sockets, or leaves it out and says so. */
export function testOnSockets(test: Test): Test {
  // Asked here, and not first in a test, since what it loads stays.
  if (socketsAvailable()) return test;
  return (name, fn) => Deno.test({ name: `${name} (left out: needs Linux and --allow-ffi)`, ignore: true, fn });
}

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch (error) {
    // Without the permission to listen, the test is left out for that reason.
    return error instanceof Deno.errors.NotCapable;
  }
}
