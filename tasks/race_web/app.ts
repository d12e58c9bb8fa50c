/**
 * The server of the race's page: its files, and one race at a time.
 *
 * A race lives as long as the answer that tells of it: when the page is closed, or asks no further, its processes end.
 *
 * @module
 */

import { Hono } from "hono";
import { readChoice } from "./choices.ts";
import type { RaceEvent } from "./events.ts";
import { guard } from "./guard.ts";
import type { PageFile } from "./page_files.ts";
import { machineNow, Race } from "./race.ts";

/** What answers requests. */
export interface App {
  /** Answers one. */
  fetch(request: Request): Response | Promise<Response>;
}

/** What the app needs to know. */
export interface AppOptions {
  /** The page's files by their paths. */
  files: ReadonlyMap<string, PageFile>;
  /** The port it is served on, once it is. */
  port: () => number;
  /** Ends a race that goes on when aborted. */
  signal: AbortSignal;
}

/**
 * Builds the app.
 *
 * @param options Its files, its port, and what ends it.
 * @returns What answers requests.
 */
export function createApp({ files, port, signal }: AppOptions): App {
  let current: Race | undefined;
  const app = new Hono();
  app.use(guard(port));
  app.get("/machine", (c) => c.json(machineNow()));
  app.post("/race", async (c) => {
    if (!c.req.header("content-type")?.startsWith("application/json")) return refused("expected JSON", 415);
    const choice = readChoice(await c.req.json().catch(() => undefined));
    if (choice === undefined) return refused("that can't be chosen; reload the page", 400);
    if (current) return refused("a race is going on, perhaps in another tab: stop it there, or wait for its end", 409);
    const stopping = new AbortController();
    const race = current = new Race(choice, { origin: new URL(c.req.url).origin, signal: stopping.signal });
    const stop = () => stopping.abort();
    async function* events(): AsyncGenerator<RaceEvent> {
      signal.addEventListener("abort", stop);
      try {
        yield* race.events();
      } finally {
        signal.removeEventListener("abort", stop);
        current = undefined;
      }
    }
    return new Response(lines(events(), stop), { headers: { "content-type": "application/x-ndjson" } });
  });
  app.post("/race/browser", (c) => {
    if (!current) return refused("no race is going on", 409);
    current.browserIsDone();
    return c.body(null, 204);
  });
  app.get("*", (c) => {
    const file = files.get(c.req.path);
    if (!file) return refused("there is no such page", 404);
    return new Response(file.text, { headers: { "content-type": file.type } });
  });
  app.notFound(() => refused("there is no such page", 404));
  return app;
}

function refused(detail: string, status: number): Response {
  return Response.json({ detail }, { status });
}

/** Events as lines of JSON, each asked for when the reader has taken the one before. A reader that leaves ends them. */
function lines(events: AsyncGenerator<RaceEvent>, stop: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let isLeft = false;
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await events.next();
      if (isLeft) return;
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
    },
    async cancel() {
      isLeft = true;
      stop(); // what the race waits for ends, and with it the race
      await events.return(undefined);
    },
  });
}
