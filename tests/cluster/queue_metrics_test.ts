/** What a machine of a shared run says to Prometheus. */

import { assertEquals } from "@std/assert";
import { CountingServer } from "../helpers/counting_server.ts";
import { startNats, testWithBroker } from "../helpers/nats_server.ts";
import { runWithMetrics } from "../helpers/run_with_metrics.ts";
import { scrape } from "../helpers/scrape.ts";

await testWithBroker("a machine serves metrics of its downloads, and of its partitions", async () => {
  await using nats = await startNats();
  await using site = new CountingServer();
  const list = Array.from({ length: 20 }, (_, n) => `${site.url}/${n}`);
  const run = await runWithMetrics("download", list, ["--queue", nats.url, "--partitions", "4"]);
  await run.says(/^metrics: waiting/);
  const { values } = await scrape(run.metrics);
  assertEquals(
    [
      'downloads_total{result="done",kind=""}',
      "downloads_read_total",
      "downloads_duration_seconds_count",
      'downloads_partition_changes_total{change="taken"}',
      'downloads_partition_changes_total{change="finished"}',
      'downloads_partition_changes_total{change="lost"}',
      "downloads_partitions_held",
      "downloads_machines",
    ].map((name) => values.get(name)),
    [20, 20, 20, 4, 4, 0, 0, 1],
  );
  const { code, stderr } = await run.ended;
  assertEquals(code, 0, stderr);
});
