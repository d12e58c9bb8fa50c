/**
 * Publishes URLs as the run `r`, to be killed at any moment: `publish_many.ts BROKER COUNT`.
 *
 * @module
 */

import { Broker } from "../../lib/cluster/broker.ts";
import { parseBrokerAddress } from "../../lib/cluster/broker_address.ts";
import { publish } from "../../lib/cluster/publisher.ts";

const [url, count] = Deno.args;
await using broker = await Broker.connect(parseBrokerAddress(url));
const run = await broker.openRun("r");
const list = function* () {
  for (let at = 0; at < Number(count); at++) {
    if (at % 2_000 === 1_999) Deno.stdout.writeSync(new TextEncoder().encode(".\n"));
    yield `http://host${at % 37}.example/${at}`;
  }
};
await publish(run, list());
