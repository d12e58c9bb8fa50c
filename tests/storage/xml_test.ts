import { assertEquals } from "@std/assert";
import { elements, escapedXml, textOf } from "../../lib/storage/xml.ts";

Deno.test("textOf() finds an element and undoes what stands for characters", () => {
  const xml =
    `<?xml version="1.0"?><R xmlns="x"><A>1</A><ns:B c="d">&lt;&#x41;&#66;&amp;amp;&quot;&nbsp;</ns:B><C/><AB>2</AB></R>`;
  assertEquals(textOf(xml, "A"), "1");
  assertEquals(textOf(xml, "B"), `<AB&amp;"&nbsp;`);
  assertEquals(textOf(xml, "C"), "");
  assertEquals(textOf(xml, "AB"), "2");
  assertEquals(textOf(xml, "D"), undefined);
  assertEquals(textOf("<A>&#x110000;&#55296;</A>", "A")?.length, 11);
});

Deno.test("elements() leaves out what has been cut off", () => {
  assertEquals([...elements("<L><A>1</A ><A x='y'>2</A><A>3", "A")], ["1", "2"]);
});

Deno.test("escapedXml() can be read back", () => {
  const text = `"a" <b> & 'c'`;
  assertEquals(textOf(`<A>${escapedXml(text)}</A>`, "A"), text);
});
