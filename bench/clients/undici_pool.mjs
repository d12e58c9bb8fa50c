/** undici's Pool: HTTP/1.1, a connection for every request in flight, without pipelining: that would add up the waits. */

import { load, run } from "./pages.mjs";

const { Pool } = load("undici");

await run(import.meta.url, (url, inFlight) => {
  const pool = new Pool(new URL(url).origin, { connections: inFlight, pipelining: 1 });
  return {
    async get(path) {
      const { statusCode, body } = await pool.request({ path, method: "GET" });
      return { status: statusCode, body: Buffer.from(await body.arrayBuffer()) };
    },
    close: () => pool.close(),
  };
});
