/**
 * Tests that need permissions: left out, by name and with the reason, where nobody grants them, as in a bare
 * `deno test`; run by `deno task test`.
 *
 * @module
 */

const NEEDS: Record<string, Deno.PermissionDescriptor[]> = {
  /** A server and clients in this process. */
  net: [{ name: "net", host: "127.0.0.1" }],
  /** Processes of our own programs, and talking to them. */
  run: [{ name: "run" }, { name: "net", host: "127.0.0.1" }, { name: "read" }, { name: "env" }],
};

/**
 * A test, if it may do what it needs.
 *
 * @param need What it needs: `net` to serve and fetch, `run` to start processes and talk to them as well.
 * @param name What the test shows.
 * @param test The test.
 */
export async function testWith(need: "net" | "run", name: string, test: () => Promise<void>): Promise<void> {
  const missing: string[] = [];
  for (const permission of NEEDS[need]) {
    if ((await Deno.permissions.request(permission)).state !== "granted") missing.push(`--allow-${permission.name}`);
  }
  if (missing.length) Deno.test.ignore(`${name} (left out: needs ${missing.join(", ")})`, test);
  else Deno.test(name, test);
}
