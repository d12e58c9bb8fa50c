import { assertEquals, assertRejects, assertThrows } from "@std/assert";

import type { Answer } from "../../lib/core/answer.ts";
import { AttemptError } from "../../lib/engine/attempt.ts";
import { MAX_PAGE_BYTES, readPage } from "../../lib/engine/read_page.ts";
import { Watched } from "../../lib/http/watched.ts";

/** An answer all of whose body is there. */
function there(text: string): Answer {
  const answer: Answer = new Response(text);
  answer.taken = () => new TextEncoder().encode(text);
  return answer;
}

function answer(text: string, length?: number): Response {
  const body = new ReadableStream({
    type: "bytes",
    start(controller) {
      if (text !== "") controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
  return new Response(body, { headers: length === undefined ? {} : { "content-length": `${length}` } });
}

const PAGES = ["7", "0", "123456789012345", "9007199254740991", "-5", "1.5", " 42\n", "\uFEFF8", "1e+21", "NaN"];
const OTHERS = ["", "07", "7 7", "7x", "x7", "+7", "7.0", "0x7", "१", "\uFEFF", "7\0"];

Deno.test("readPage() takes a page that says the expected number, however it comes", async () => {
  for (const text of PAGES) {
    const bytes = new TextEncoder().encode(text);
    for (const response of [there(text), answer(text), answer(text, bytes.length)]) {
      const watched = new Watched(0, 0);
      assertEquals(await readPage(response, watched, Number(text)), bytes, text);
      assertEquals(watched.bytes, bytes.length);
    }
  }
});

Deno.test("readPage() takes no other page for the number", async () => {
  for (const text of [...OTHERS, "6", "77"]) {
    assertThrows(() => readPage(there(text), new Watched(0, 0), 7), AttemptError, "the page says", text);
    for (const response of [answer(text), answer(text, text.length)]) {
      await assertRejects(
        async () => await readPage(response, new Watched(0, 0), 7),
        AttemptError,
        "the page says",
        text,
      );
    }
  }
});

Deno.test("readPage() takes no page for the number of which it has read only the start", async () => {
  const text = `7${" ".repeat(MAX_PAGE_BYTES)}`;
  for (const response of [there(text), answer(text), answer(text, text.length)]) {
    await assertRejects(async () => await readPage(response, new Watched(0, 0), 7), AttemptError, "the page says");
  }
});
