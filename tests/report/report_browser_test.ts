import { htmlReport } from "../../lib/report/html_report.ts";
import type { TimelineData } from "../../lib/metrics/timeline.ts";
import { testInBrowser } from "../helpers/browser.ts";
import { someRecord } from "../helpers/some_summary.ts";

const TIMELINE: Partial<TimelineData> = {
  ...{ binMs: 1_000, inFlight: [2, 1.5], waiting: [2, 1], ended: [1, 3], failed: [0, 1], meanMs: [1_000, 800] },
  requests: [[0, 950, 1_000, false], [0, null, 900, true], [950, 1_400, 1_500, false], [1_000, 1_900, 2_000, false]],
  ...{ failures: [900], failedUrls: [{ kind: "reset", url: "http://a.test/", message: "connection reset" }] },
  latency: [[0, 550], [50, 1_000], [99, 1_000], [100, 1_000]],
  histogram: { edgesMs: [550, 800, 1_000], counts: [1, 2] },
};

/** More requests than are drawn each. */
const MANY = someRecord({ strategy: "async", connections: 8_054, isolates: 1 }, { ...TIMELINE, count: 10_000 });

await testInBrowser("reports are accessible, fit a phone, and ask for nothing", async (run) => {
  const folder = await Deno.makeTempDir();
  try {
    const example = { url: "http://a.test/", message: "connection reset" };
    const failures = [{ kind: "reset" as const, count: 1, example }];
    const runs = ["simple", "threaded", "async", "optimized", "download"].map((strategy) =>
      someRecord({ strategy, asked: 4, done: 3, failed: 1, failures }, TIMELINE)
    );
    const urls = [];
    for (
      const [name, all] of Object.entries({
        full: runs,
        many: [MANY, MANY],
        single: [someRecord({ failed: 1, failures }, TIMELINE)],
        empty: [],
      })
    ) {
      const results = all.map((summary) => ({ about: "an idea that takes a few words to tell", summary }));
      const page = await htmlReport({
        title: `A ${name} report`,
        results,
        conditions: [["Command", "deno task demo"]],
        delayMs: 500,
        again: { about: "To get them again:", command: "deno run -A download.ts -i failed.ndjson -o files" },
      });
      await Deno.writeTextFile(`${folder}/${name}.html`, page);
      urls.push(`file://${folder}/${name}.html`);
    }
    await run("report", ...urls);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
