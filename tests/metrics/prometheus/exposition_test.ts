import { assertEquals, assertThrows } from "@std/assert";
import type { Distribution, Metric, Sample } from "../../../lib/core/metric_registry.ts";
import { exposition } from "../../../lib/metrics/prometheus/exposition.ts";
import { promtoolCheck, promtoolTest } from "../../helpers/promtool.ts";

const counter = (name: string, ...samples: Sample[]): Metric => ({ name, help: "Things", type: "counter", samples });
const gauge = (name: string, ...samples: Sample[]): Metric => ({ name, help: "Things", type: "gauge", samples });
const histogram = (name: string, ...samples: Distribution[]): Metric => {
  return { name, help: "Things", type: "histogram", samples };
};
const lines = (...metrics: Metric[]) => exposition(metrics, "text").split("\n").filter((line) => /^[^#]/.test(line));

const ALL: Metric[] = [
  counter("downloads_total", { labels: { result: "done", kind: "" }, value: 3 }, {
    labels: { result: "failed", kind: "dns" },
    value: 1,
  }),
  counter("downloads_received_bytes_total", { value: 2 ** 53 - 1 }),
  gauge("downloads_in_flight", { value: 0 }),
  histogram("downloads_duration_seconds", { buckets: [[0.5, 1], [1, 2], [10, 2]], count: 3, sum: 61.25 }),
];

Deno.test("exposition() writes Prometheus text 0.0.4", () => {
  assertEquals(
    exposition(ALL, "text"),
    `
# TYPE downloads_total counter
# HELP downloads_total Things
downloads_total{result="done",kind=""} 3
downloads_total{result="failed",kind="dns"} 1
# TYPE downloads_received_bytes_total counter
# HELP downloads_received_bytes_total Things
downloads_received_bytes_total 9007199254740991
# TYPE downloads_in_flight gauge
# HELP downloads_in_flight Things
downloads_in_flight 0
# TYPE downloads_duration_seconds histogram
# HELP downloads_duration_seconds Things
downloads_duration_seconds_bucket{le="0.5"} 1
downloads_duration_seconds_bucket{le="1.0"} 2
downloads_duration_seconds_bucket{le="10.0"} 2
downloads_duration_seconds_bucket{le="+Inf"} 3
downloads_duration_seconds_sum 61.25
downloads_duration_seconds_count 3
`.trimStart(),
  );
});

Deno.test("exposition() writes OpenMetrics: counters are named without _total but in their samples, and EOF is last", () => {
  assertEquals(
    exposition(ALL.slice(0, 3), "openmetrics"),
    `
# TYPE downloads counter
# HELP downloads Things
downloads_total{result="done",kind=""} 3
downloads_total{result="failed",kind="dns"} 1
# TYPE downloads_received_bytes counter
# UNIT downloads_received_bytes bytes
# HELP downloads_received_bytes Things
downloads_received_bytes_total 9007199254740991
# TYPE downloads_in_flight gauge
# HELP downloads_in_flight Things
downloads_in_flight 0
# EOF
`.trimStart(),
  );
});

Deno.test("exposition() writes nothing but its end when there is nothing", () => {
  assertEquals([exposition([], "text"), exposition([], "openmetrics")], ["", "# EOF\n"]);
});

Deno.test("exposition() keeps what labels and help say within their quotation marks and lines", () => {
  const nasty = 'a"b\\c\nd\ud800}';
  assertEquals(lines(gauge("a", { labels: { x: nasty }, value: 1 })), ['a{x="a\\"b\\\\c\\nd\ufffd}"} 1']);
  const metric: Metric = { name: "a", help: 'say "hi"\\\nnow', type: "gauge", samples: [] };
  assertEquals(exposition([metric], "text").split("\n")[1], '# HELP a say "hi"\\\\\\nnow');
  assertEquals(exposition([metric], "openmetrics").split("\n")[1], '# HELP a say \\"hi\\"\\\\\\nnow');
});

Deno.test("exposition() writes numbers as Prometheus reads them", () => {
  const values = [0, -1.5, 1e21, 1e-7, Infinity, -Infinity, NaN];
  const samples = values.map((value, n) => ({ labels: { n: String(n) }, value }));
  const read = lines(gauge("a", ...samples)).map((line) => line.split(" ")[1]);
  assertEquals(read, ["0", "-1.5", "1e+21", "1e-7", "+Inf", "-Inf", "NaN"]);
});

const BAD: [why: string, metrics: Metric[], message: string][] = [
  ["a name with a hyphen", [gauge("a-b")], "doesn't take"],
  ["a counter that isn't named as one", [counter("a")], "_total"],
  ["a gauge that is named as a counter", [gauge("a_total")], "_total"],
  ["two metrics of one name", [gauge("a"), gauge("a")], "Two metrics"],
  ["a gauge named as a counter is in OpenMetrics", [counter("a_total"), gauge("a")], "Two metrics"],
  ["a gauge named as a part of a histogram", [histogram("a"), gauge("a_sum")], "Two metrics"],
  ["a label with a dot", [gauge("a", { labels: { "a.b": "" }, value: 1 })], "label"],
  ["a label that Prometheus keeps for itself", [gauge("a", { labels: { __name__: "" }, value: 1 })], "label"],
  ["a label le of a histogram", [histogram("a", { labels: { le: "1" }, buckets: [], count: 0, sum: 0 })], "le"],
  ["two samples with the same labels", [gauge("a", { value: 1 }, { value: 2 })], "same labels"],
  ["a counter below zero", [counter("a_total", { value: -1 })], "can't be -1"],
  ["a counter that is no number", [counter("a_total", { value: NaN })], "can't be NaN"],
  ["buckets that fall", [histogram("a", { buckets: [[1, 2], [2, 1]], count: 2, sum: 1 })], "don't grow"],
  ["bounds that fall", [histogram("a", { buckets: [[2, 1], [1, 1]], count: 2, sum: 1 })], "don't grow"],
  ["a bucket above the count", [histogram("a", { buckets: [[1, 3]], count: 2, sum: 1 })], "don't grow"],
];

for (const [why, metrics, message] of BAD) {
  Deno.test(`exposition() refuses ${why}`, () => {
    for (const format of ["text", "openmetrics"] as const) {
      assertThrows(() => exposition(metrics, format), Error, message);
    }
  });
}

promtoolTest("promtool has nothing to say against what exposition() writes", async () => {
  assertEquals(await promtoolCheck(exposition(ALL, "text")), "");
});
