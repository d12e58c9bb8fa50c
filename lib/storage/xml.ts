/**
 * What is read from the XML that S3 answers with: elements by their names, without anything else of XML.
 *
 * @module
 */

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/**
 * The text of the first element of a name.
 *
 * @param xml The XML.
 * @param name The element's name.
 * @returns Its text without what stands for characters; undefined if there is no such element.
 */
export function textOf(xml: string, name: string): string | undefined {
  const [inner] = elements(xml, name);
  return inner === undefined ? undefined : inner.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi, decoded);
}

/**
 * What is in the elements of a name, one after another.
 *
 * @param xml The XML.
 * @param name The elements' name, none of which is in another of that name.
 * @yields What is in each, as it is.
 */
export function* elements(xml: string, name: string): Generator<string, void> {
  const begin = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?(/?)>`, "g");
  for (let found; (found = begin.exec(xml)) !== null;) {
    if (found[1] === "/") {
      yield "";
      continue;
    }
    const end = new RegExp(`</(?:\\w+:)?${name}\\s*>`, "g");
    end.lastIndex = begin.lastIndex;
    const at = end.exec(xml)?.index;
    if (at === undefined) return; // it has been cut off
    yield xml.slice(begin.lastIndex, at);
    begin.lastIndex = end.lastIndex;
  }
}

function decoded(all: string, hex?: string, decimal?: string, name = ""): string {
  const code = hex !== undefined ? parseInt(hex, 16) : Number(decimal ?? NaN);
  if (code >= 0 && code <= 0x10ffff) return String.fromCodePoint(code);
  return ENTITIES[name] ?? all;
}

/** A text as it stands in XML. */
export function escapedXml(text: string): string {
  return text.replaceAll(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
