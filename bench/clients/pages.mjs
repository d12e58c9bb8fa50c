/**
 * What the clients for Node have in common: lanes that claim one page after another, check it, and add it up.
 *
 *     node CLIENT.mjs URL '{"trials":100,"bytes":0,"inFlight":100,"workers":1}'
 *
 * Several workers are threads that claim pages from one shared counter.
 *
 * @module
 */

import { createRequire } from "node:module";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** Requests started in one turn of the event loop: enough to be quick, few enough that answers are read meanwhile. */
const STARTS_A_TURN = 200;

/** A package of the comparison, which is kept out of the project. */
export function load(name) {
  return createRequire(process.env.BENCH_MODULES)(name);
}

/**
 * Runs a client: in a worker downloads what can be claimed there, in the main thread prints the result.
 *
 * @param script The client's own import.meta.url.
 * @param open Makes of (url, inFlight) a `get(path)`, which resolves to `{status, body}` with the body as a Buffer or
 * text, and a `close()`.
 */
export async function run(script, open) {
  if (!isMainThread) return workerData.port.postMessage(await download(open, workerData));
  const [, , url, json] = process.argv;
  const { trials, bytes, inFlight, workers } = JSON.parse(json);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const share = { url, trials, bytes, next, inFlight: Math.ceil(inFlight / workers) };
  const start = performance.now();
  const parts = workers === 1
    ? [await download(open, share)]
    : await Promise.all(Array.from({ length: workers }, () => inWorker(script, share)));
  const seconds = (performance.now() - start) / 1_000;
  const add = (key) => parts.reduce((sum, part) => sum + part[key], 0);
  console.log(JSON.stringify({ done: add("done"), value: String(add("value")), bytes: add("bytes"), seconds }));
}

function inWorker(script, share) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(new URL(script), { workerData: { ...share, port: port2 }, transferList: [port2] });
    worker.on("error", reject);
    port1.on("message", (part) => {
      port1.close();
      resolve(part);
    });
  });
}

async function download(open, { url, trials, bytes, inFlight, next }) {
  const client = open(url, inFlight);
  const part = { done: 0, value: 0, bytes: 0 };
  const lane = async () => {
    for (let n = Atomics.add(next, 0, 1); n < trials; n = Atomics.add(next, 0, 1)) {
      const { status, body } = await client.get(`/${n}`);
      if (status !== 200) throw new Error(`/${n}: status ${status}`);
      if (bytes ? body.length !== bytes : String(body) !== String(n)) throw new Error(`/${n}: not its page`);
      part.done++;
      part.bytes += body.length;
      if (!bytes) part.value += n;
    }
  };
  const lanes = [];
  while (lanes.length < inFlight) {
    lanes.push(lane());
    if (lanes.length % STARTS_A_TURN === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await Promise.all(lanes);
  await client.close();
  return part;
}
