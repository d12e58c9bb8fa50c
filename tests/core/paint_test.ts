import { assertEquals, assertMatch } from "@std/assert";
import { paintBlocks, painter, paintNames } from "../../lib/core/paint.ts";

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

Deno.test("paintBlocks() colours lines up to the next empty one as the name says that they begin with", () => {
  const text = "simple  ██\n        ▓▓\n\nasync   ██\nsimple  ██\n\n        |0 s";
  assertEquals(
    paintBlocks(text, ["simple", "async"], (line, color) => `<${color}>${line}</>`),
    "<simple>simple  ██</>\n<simple>        ▓▓</>\n\n<async>async   ██</>\n<simple>simple  ██</>\n\n        |0 s",
  );
});
