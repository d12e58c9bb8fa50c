/**
 * Which format whoever asks for metrics would like best.
 *
 * @module
 */

import type { Format } from "./exposition.ts";

/**
 * Chooses by the Accept header (RFC 9110 §12.5.1), with OpenMetrics only for those that name it in a version which is spoken.
 *
 * @param accept The header; null if there is none.
 * @returns The format.
 */
export function formatFor(accept: string | null): Format {
  let [openMetrics, text] = [0, 0];
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim());
    const values = new Map(parameters.map((each) => each.split(/\s*=\s*/, 2) as [string, string]));
    const weight = weightOf(values.get("q"));
    const version = values.get("version")?.replaceAll('"', "") ?? "1.0.0";
    if (type === "application/openmetrics-text" && ["0.0.1", "1.0.0"].includes(version)) {
      openMetrics = Math.max(openMetrics, weight);
    } else if (["text/plain", "text/*", "*/*"].includes(type)) text = Math.max(text, weight);
  }
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}

function weightOf(q: string | undefined): number {
  if (q === undefined) return 1;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0;
}
