/** undici's client for HTTP/2 without TLS (its `allowH2` is for TLS only): as many of them as the streams in flight need. */

import { load, run } from "./pages.mjs";

const STREAMS = 100;
const { H2CClient } = load("undici");

await run(import.meta.url, (url, inFlight) => {
  const options = { maxConcurrentStreams: STREAMS, pipelining: STREAMS };
  const clients = Array.from(
    { length: Math.ceil(inFlight / STREAMS) },
    () => new H2CClient(new URL(url).origin, options),
  );
  let turn = 0;
  return {
    async get(path) {
      const { statusCode, body } = await clients[turn++ % clients.length].request({ path, method: "GET" });
      return { status: statusCode, body: Buffer.from(await body.arrayBuffer()) };
    },
    close: () => Promise.all(clients.map((client) => client.close())),
  };
});
