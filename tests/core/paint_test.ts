import { assertEquals, assertMatch } from "@std/assert";
import { painter, paintNames } from "../../lib/core/paint.ts";

const terminal = { isTerminal: () => true };
const pipe = { isTerminal: () => false };

Deno.test("painter() colours for a terminal, each strategy and failures differently", () => {
  const paint = painter(terminal, false);
  const painted = (["simple", "threaded", "async", "optimized", "failed"] as const).map((name) => paint("x", name));
  for (const text of painted) assertMatch(text.replaceAll("\x1b", "ESC"), /^ESC\[38;5;\d{2,3}mxESC\[39m$/);
  assertEquals(new Set(painted).size, painted.length);
  assertEquals(paint("x", "download"), "\x1b[1mx\x1b[22m");
});

Deno.test("painter() colours nothing in a pipe, nor with NO_COLOR", () => {
  assertEquals(painter(pipe, false)("x", "failed"), "x");
  assertEquals(painter(terminal, true)("x", "failed"), "x");
});

Deno.test("paintNames() colours the names that lines begin with", () => {
  const text = "strategy  time\nsimple    1 s\nsimpler   2 s\nas simple as that";
  assertEquals(
    paintNames(text, ["simple"], (name, color) => `<${color}>${name}</>`),
    "strategy  time\n<simple>simple</>    1 s\nsimpler   2 s\nas simple as that",
  );
});
