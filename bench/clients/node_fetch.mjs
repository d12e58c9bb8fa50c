/** Node's own fetch: HTTP/1.1, a connection for every request in flight. */

import { run } from "./pages.mjs";

await run(import.meta.url, (url) => {
  const origin = new URL(url).origin;
  return {
    async get(path) {
      const response = await fetch(origin + path);
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    },
    close() {},
  };
});
