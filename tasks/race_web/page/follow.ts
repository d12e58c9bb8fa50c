/// <reference lib="dom" />
/**
 * The race as the server tells of it.
 *
 * @module
 */

import type { Choice } from "../choices.ts";
import type { RaceEvent } from "../events.ts";

/**
 * Starts a race and follows it.
 *
 * @param choice What is raced over.
 * @param signal Ends it when aborted, on the server, too.
 * @yields What happens.
 * @throws {Error} If the server doesn't start it, with the reason.
 */
export async function* follow(choice: Choice, signal: AbortSignal): AsyncGenerator<RaceEvent> {
  const answer = await fetch("/race", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(choice),
    signal,
  });
  if (!answer.ok || !answer.body) throw new Error((await answer.json()).detail);
  let rest = "";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const lines = (rest + read.value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}
