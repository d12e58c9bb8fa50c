import { variable } from "../../lib/core/env.ts";

/**
 * How often something is done in a test: more where somebody asks for it and has the time.
 *
 * @param name The environment variable that says it. Without permission to read it, it isn't asked for.
 * @param usual How often otherwise.
 */
export function howMany(name: string, usual: number): number {
  return Number(variable(name) || usual);
}
