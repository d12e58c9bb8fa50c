/**
 * A summary for tests that look at what is made of it.
 *
 * @module
 */

import type { Recorded, Summary } from "../../lib/metrics/summary.ts";
import type { TimelineData } from "../../lib/metrics/timeline.ts";

/** A run of 10 pages that went well, but for what is said. */
export function someSummary(facts: Partial<Summary> = {}): Summary {
  return {
    strategy: "simple",
    asked: 10,
    done: 10,
    skipped: 0,
    failed: 0,
    notStarted: 0,
    value: "45",
    seconds: 10.05,
    requests: 10,
    retries: 0,
    bytes: 10,
    peakInFlight: 1,
    peakMemoryBytes: 50_000_000,
    cpuSeconds: 0.25,
    interrupted: false,
    unread: false,
    duplicates: 0,
    failures: [],
    ...facts,
  };
}

/** A summary with what its requests did when: nothing, but for what is said. */
export function someRecord(facts: Partial<Summary> = {}, timeline: Partial<TimelineData> = {}): Recorded {
  const nothing = { binMs: 1, inFlight: [], waiting: [], ended: [], failed: [], meanMs: [], latency: [] };
  const none = { count: timeline.requests?.length ?? 0, requests: [], failures: [], failedUrls: [] };
  const histogram = { edgesMs: [], counts: [] };
  return { ...someSummary(facts), timeline: { ...nothing, ...none, histogram, ...timeline } };
}
