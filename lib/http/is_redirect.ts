/**
 * Which answers are redirects.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Whether a response has to be followed (RFC 9110 §15.4). */
export function isRedirect({ status }: Answer): boolean {
  return REDIRECTS.has(status);
}
