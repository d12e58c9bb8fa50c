/** Node's http2: sessions without TLS, each with as many streams as a server is sure to allow. */

import { connect } from "node:http2";
import { run } from "./pages.mjs";

const STREAMS = 100;

await run(import.meta.url, (url, inFlight) => {
  const sessions = Array.from({ length: Math.ceil(inFlight / STREAMS) }, () => connect(url));
  let turn = 0;
  return {
    get: (path) =>
      new Promise((resolve, reject) => {
        const stream = sessions[turn++ % sessions.length].request({ ":path": path });
        const chunks = [];
        let status;
        stream.on("response", (headers) => status = headers[":status"]);
        stream.on("data", (chunk) => chunks.push(chunk));
        stream.on("end", () => resolve({ status, body: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks) }));
        stream.on("error", reject);
      }),
    close() {
      for (const session of sessions) session.close();
    },
  };
});
