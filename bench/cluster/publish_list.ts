/**
 * Publishes a list as download.ts does, and says what it took: `publish_list.ts BROKER LIST PARTITIONS STREAMS`.
 *
 * @module
 */

import { Broker } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { publish } from "../../lib/cluster/publisher.ts";
import { readUrlList } from "../../lib/source/url_list.ts";

const [url, list, partitions, streams] = Deno.args;
await using broker = await Broker.connect(parseBrokerAddress(url));
const run = await broker.openRun("r", { partitions: Number(partitions), streams: Number(streams) });
const start = performance.now();
const { downloads } = await publish(run, readUrlList(list, { strict: true, onBadLine() {} }));
console.log(JSON.stringify({ downloads, seconds: (performance.now() - start) / 1_000 }));
