/** Deno's fetch over HttpClients, and nothing around it: what everything costs at least that is built on it. */

import { run } from "./pages.mjs";

const STREAMS = 200;

await run(import.meta.url, (url, inFlight) => {
  const count = Math.ceil(inFlight / STREAMS);
  const clients = Array.from({ length: count }, () => Deno.createHttpClient({ http1: false, http2: true }));
  let turn = 0;
  return {
    async get(path) {
      const client = clients[Math.floor(turn++ / STREAMS) % count];
      const response = await fetch(new URL(path, url).href, { client });
      return { status: response.status, body: await response.text() };
    },
    close() {
      for (const client of clients) client.close();
    },
  };
});
