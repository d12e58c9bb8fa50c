/**
 * The npm package, installed from its tarball where nothing else is.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { pack } from "../../tasks/pack.ts";

/** Whether npm is here, and its registry can be reached. */
export async function hasNpm(): Promise<boolean> {
  if ((await Deno.permissions.query({ name: "run" })).state !== "granted") return true; // left out for that reason
  try {
    const args = ["view", `deno@${Deno.version.deno}`, "version", "--fetch-retries=0", "--fetch-timeout=20000"];
    return (await new Deno.Command("npm", { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The text of bytes. */
export const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Runs a program to its end, without a coverage folder that the modules of the package would be looked for in. */
export async function output(program: string, args: string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(program, { ...options, args }).output();
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** The package where it is installed. */
export interface Installed {
  /** Its command. */
  command: string;
  /** The folder that it is in. */
  modules: string;
  /** The environment of a user who has nothing else. */
  env: Record<string, string>;
}

/** Installs the package for all of a new user's projects. */
export async function install(folder: string): Promise<Installed> {
  const { stdout } = await output("npm", ["config", "get", "cache"]);
  const env = { HOME: `${folder}/home`, NPM_CONFIG_CACHE: stdout.trim(), DENO_DIR: `${folder}/home/deno` };
  await Deno.mkdir(env.HOME);
  const tarball = await pack(`${folder}/packed`);
  const args = ["install", "--global", `--prefix=${folder}/prefix`, "--no-audit", "--no-fund", tarball];
  const { code, stderr } = await output("npm", args, { env });
  assertEquals(code, 0, stderr);
  return { command: `${folder}/prefix/bin/download-stuff`, modules: `${folder}/prefix/lib/node_modules`, env };
}
