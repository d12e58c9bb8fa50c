import { assertEquals } from "@std/assert";
import { percentDecoded } from "../../lib/core/percent_decoded.ts";

Deno.test("percentDecoded() leaves what is no UTF-8, or has a stray percent sign, as it is", () => {
  assertEquals(["a%20b", "%C3%A9", "100%", "%E9", ""].map(percentDecoded), ["a b", "é", "100%", "%E9", ""]);
});
