import { assertEquals } from "@std/assert";
import { printPainted } from "../../lib/core/print.ts";

/** What is printed meanwhile. */
function printed(print: () => void): unknown[] {
  const { log } = console;
  const said: unknown[] = [];
  console.log = (...words) => said.push(...words);
  try {
    print();
  } finally {
    console.log = log;
  }
  return said;
}

Deno.test("printPainted() keeps colours, and escapes every other control sequence", () => {
  const colored = "\x1b[38;2;1;2;3mname\x1b[39m █";
  assertEquals(printed(() => printPainted(`${colored}\nb`)), [`${colored}\nb`]);
  assertEquals(printed(() => printPainted("\x1b[2Ja\x1b]0;title\x07")), ["\\u001b[2Ja\\u001b]0;title\\u0007"]);
});
