import { assertEquals } from "@std/assert";
import { formatBytes } from "../../lib/core/format_bytes.ts";

for (
  const [bytes, text] of [
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1_000, "1.0 KB"],
    [1_549, "1.5 KB"],
    [99_949, "99.9 KB"],
    [99_950, "100 KB"],
    [999_499, "999 KB"],
    [999_500, "1.0 MB"],
    [97_600_000, "97.6 MB"],
    [5e12, "5.0 TB"],
    [5e18, "5000 PB"],
  ] as const
) {
  Deno.test(`formatBytes() writes ${bytes} as ${text}`, () => assertEquals(formatBytes(bytes), text));
}
