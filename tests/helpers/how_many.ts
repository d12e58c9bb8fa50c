/**
 * How often something is done in a test: more where somebody asks for it and has the time.
 *
 * @param name The environment variable that says it. Without permission to read it, nobody asks.
 * @param usual How often otherwise.
 */
export function howMany(name: string, usual: number): number {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return Number(state === "granted" && Deno.env.get(name) || usual);
}
