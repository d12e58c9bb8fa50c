/**
 * Environment variables, for what can do without them.
 *
 * @module
 */

/**
 * What a variable says.
 *
 * @param name Its name.
 * @returns Undefined if it isn't set, and where there is no permission to read it: it prompts for none.
 */
export function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
