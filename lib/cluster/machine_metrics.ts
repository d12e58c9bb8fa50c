/**
 * What a machine has of a run, in numbers for whoever watches it.
 *
 * @module
 */

import type { Metric } from "../core/metric_registry.ts";

/** What a machine notes of itself. */
export class MachineFigures {
  /** Partitions that it has. */
  held = 0;
  /** How many it has taken so far. */
  taken = 0;
  /** How many of those it has finished. */
  finished = 0;
  /** How many it has handed back to others. */
  handedBack = 0;
  /** How many it has lost: its lease ran out, or another machine took them. */
  lost = 0;
  /** Partitions of the run that aren't finished, at the last look; undefined before the first. */
  unfinished: number | undefined;
  /** Machines of the run, at the last look; undefined before the first. */
  machines: number | undefined;

  /** Reads them as metrics. */
  *collect(): Generator<Metric> {
    const { held, taken, finished, handedBack, lost, unfinished, machines } = this;
    const changes: [string, number][] = [
      ["taken", taken],
      ["finished", finished],
      ["handed back", handedBack],
      ["lost", lost],
    ];
    yield gauge("downloads_partitions_held", "Partitions that this machine has", held);
    yield {
      type: "counter",
      name: "downloads_partition_changes_total",
      help: "Leases of partitions that this machine has taken, and how those ended",
      samples: changes.map(([change, value]) => ({ labels: { change }, value })),
    };
    if (unfinished === undefined || machines === undefined) return;
    yield gauge("downloads_partitions_unfinished", "Partitions of the whole run that aren't finished", unfinished);
    yield gauge("downloads_machines", "Machines of the run, this one among them", machines);
  }
}

function gauge(name: string, help: string, value: number): Metric {
  return { type: "gauge", name, help, samples: [{ value }] };
}
