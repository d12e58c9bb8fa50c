/**
 * The parts of the docs page, in the order in which it has them.
 *
 * @module
 */

/** Their headings, which are tags of the OpenAPI document. */
export const TAGS = {
  pages: "Pages",
  requests: "Requests and their headers",
  seen: "What the site has seen",
  running: "While it runs",
} as const;
