/** Machines that reach the websites and not the broker, or the broker and not the websites, in a network of their own. */

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Cluster } from "../helpers/cluster.ts";
import { BROKER, canCut, type CutNetwork, openCutNetwork, SITES } from "../helpers/cut_network.ts";
import { testWithBroker } from "../helpers/nats_server.ts";

/** Registers a test that pulls cables, or leaves it out and says why. */
const testWithCables = await canCut()
  ? testWithBroker
  : (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${name} (left out: needs root and ip)`, ignore: true, fn });

/** A run with one machine behind two cables. */
async function withCables(fn: (cluster: Cluster, network: CutNetwork) => Promise<void>): Promise<void> {
  await using cluster = await Cluster.start({ sites: 4, pages: 150, goneMs: 2_000, hostname: SITES });
  const sites = cluster.sites.map(({ url }) => Number(new URL(url).port));
  await using network = await openCutNetwork({ broker: [cluster.nats.port], sites });
  await fn(cluster, network);
}

await testWithCables(
  "a machine that reaches the websites and not the broker leaves them to others",
  () =>
    withCables(async (cluster, network) => {
      const one = cluster.machine({ publishes: true, prefix: network.prefix, broker: BROKER });
      await cluster.until("the first at work", () => cluster.filesOf(one).length > 10);
      const before = cluster.filesOf(one).length;
      await network.pull("broker");
      const other = cluster.machine();
      await cluster.until("the second at work", () => cluster.filesOf(other).length > 100);
      await network.plug("broker");
      assertEquals((await other.ended).code, 0, other.said);
      assertEquals((await one.ended).code, 0, one.said);
      assert(before > 0);
      await cluster.assertWhole();
    }),
);

await testWithCables(
  "a machine that reaches the broker and not the websites goes on when it does",
  () =>
    withCables(async (cluster, network) => {
      const flags = ["--connect-timeout", "1s", "--idle-timeout", "1s", "--retries", "20"];
      const one = cluster.machine({ publishes: true, prefix: network.prefix, broker: BROKER, flags });
      await cluster.until("the first at work", () => cluster.filesOf(one).length > 10);
      await network.pull("sites");
      await delay(3_000);
      const stuck = cluster.filesOf(one).length;
      await delay(500);
      assertEquals(cluster.filesOf(one).length, stuck, "the cable is pulled");
      await network.plug("sites");
      const other = cluster.machine();
      assertEquals((await one.ended).code, 0, one.said);
      assertEquals((await other.ended).code, 0, other.said);
      await cluster.assertWhole();
    }),
);
