/** Deno's fetch, and nothing around it: what everything costs at least that is built on it and leaves no half file. */

import { CA_CERTS, download, LANES } from "./deno_files.ts";

using client = Deno.createHttpClient({ http1: true, http2: false, caCerts: CA_CERTS, poolMaxIdlePerHost: LANES });

await download(() => async (url, path) => {
  const response = await fetch(url, { client });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  if (Number(response.headers.get("content-length")) < 1_000_000) {
    Deno.writeFileSync(path, await response.bytes());
  } else {
    const file = await Deno.open(path, { write: true, create: true });
    await response.body?.pipeTo(file.writable);
  }
});
