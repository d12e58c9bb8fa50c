/**
 * Sends a client on an errand, and looks at what it brought.
 *
 * @module
 */

import { content, contentKey } from "../../site/content.ts";
import type { FaultCase } from "./cases.ts";
import { DEADLINE_S, type FaultClient } from "./clients.ts";
import { type FaultSite, isWhole } from "./fault_site.ts";

/**
 * How a client ended: with the right file and code 0, or with that although nothing told it that it was whole; with a wrong
 * file and code 0; with an error; or not at all.
 */
export type Verdict = "right" | "believes" | "wrong" | "fails" | "fails, file stays" | "never ends" | "can't";

/** Bytes of the body: more than a client takes in one go, and where it is to go on, more than it would rather fetch again. */
const BYTES = 200_000;
const RESUMED_BYTES = 3_000_000;

/** Milliseconds beyond its own deadline after which a client is ended. */
const GRACE_MS = 10_000;

/**
 * Sends a client.
 *
 * @param client The client.
 * @param fault What the site does.
 * @param site Where. It counts by page: each errand needs a page of its own, `n`.
 */
export async function send(client: FaultClient, fault: FaultCase, site: FaultSite, n: number): Promise<Verdict> {
  const parent = await Deno.makeTempDir();
  try {
    const folder = `${parent}/files`;
    const ca = `${parent}/ca.pem`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(ca, site.ca ?? "");
    const bytes = fault.resumed ? RESUMED_BYTES : BYTES;
    const whole = content(contentKey(String(n), 0), 0, bytes);
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).toHex();
    const url = `${site.url}${n}?numbytes=${bytes}${fault.query && `&${fault.query}`}`;
    const errand = { url, folder, sha256, ca, fault };
    const [program, ...args] = client.command(errand) ?? [];
    if (program === undefined) return "can't";
    const env = { HOME: parent, ...client.env?.(errand) };
    let code: number | undefined;
    // What breaks off is gone on with by the same command.
    for (let turn = 0; turn < (fault.resumed ? 2 : 1); turn++) {
      code = await codeOf(program, args, env);
      if (code === undefined) return "never ends";
      if (code === 0) break;
    }
    const file = await Deno.readFile(`${folder}/body`).catch(() => undefined);
    if (code === 0 && !(file && isWhole(file, n, bytes))) return "wrong";
    if (code === 0) return fault.expect.includes("right") || !fault.knowable ? "right" : "believes";
    const stays = file !== undefined && file.length > 0 && !client.isUnfinished?.(folder);
    return stays ? "fails, file stays" : "fails";
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

/** The exit code of a command; undefined if it had to be ended. */
async function codeOf(program: string, args: string[], env: Record<string, string>): Promise<number | undefined> {
  const child = new Deno.Command(program, {
    args,
    env: { ...env, DENO_DIR: denoDir() },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    child.kill("SIGKILL");
  }, DEADLINE_S * 1_000 + GRACE_MS);
  const { code } = await child.status;
  clearTimeout(timer);
  return isOver ? undefined : code;
}

/** Where Deno has its packages, which a HOME of one's own would hide. */
function denoDir(): string {
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
}
