import { assertEquals } from "@std/assert";
import { formatFor } from "../../../lib/metrics/prometheus/format_for.ts";

const OPEN = "application/openmetrics-text";

const CASES: [accept: string | null, format: string][] = [
  [null, "text"],
  ["", "text"],
  ["*/*", "text"],
  ["text/html, */*;q=0.8", "text"],
  [OPEN, "openmetrics"],
  [`${OPEN}; version=1.0.0; charset=utf-8`, "openmetrics"],
  [`${OPEN};version="1.0.0",text/plain;version=0.0.4;q=0.5,*/*;q=0.1`, "openmetrics"],
  [`${OPEN};version=1.0.0;q=0.5,${OPEN};version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`, "openmetrics"],
  [`${OPEN};version=2.0.0`, "text"],
  [`${OPEN};q=0`, "text"],
  [`${OPEN};q=0.2, text/plain;q=0.9`, "text"],
  [`${OPEN};q=two`, "text"],
  ["Application/OpenMetrics-Text", "openmetrics"],
];

for (const [accept, format] of CASES) {
  Deno.test(`formatFor() chooses ${format} for ${accept === null ? "no Accept header" : JSON.stringify(accept)}`, () => {
    assertEquals(formatFor(accept), format);
  });
}
