import { assertEquals } from "@std/assert";
import { print, tell } from "../../lib/core/print.ts";

/** What is printed meanwhile, on standard output or standard error. */
function printed(method: "log" | "error", fn: () => void): unknown[] {
  const original = console[method];
  const said: unknown[] = [];
  console[method] = (...words) => said.push(...words);
  try {
    fn();
  } finally {
    console[method] = original;
  }
  return said;
}

const red = (text: string) => `\x1b[31m${text}\x1b[39m`;

Deno.test("print() and tell() colour a text once control sequences in it are escaped", () => {
  const hostile = "\x1b[2Ja\x1b]0;title\x07";
  const harmless = "\x1b[31m\\u001b[2Ja\\u001b]0;title\\u0007\x1b[39m";
  assertEquals(printed("log", () => print(hostile, red)), [harmless]);
  assertEquals(printed("error", () => tell(hostile, red)), [harmless]);
  assertEquals(printed("log", () => print("a\nb", red)), ["\x1b[31ma\nb\x1b[39m"]);
});
