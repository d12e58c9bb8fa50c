/**
 * A strategy in the race: a worker that waits for the start, then reports its progress, and in the end its result.
 *
 * @module
 */

import { PROGRESS_REDRAW_MS } from "../constants.ts";
import { measure } from "../lib/metrics/measure.ts";
import { makeConnectionCounts } from "../lib/core/connection_counts.ts";
import { makeFlow } from "../lib/core/flow.ts";
import { Meter } from "../lib/core/meter.ts";
import type { Recorded } from "../lib/metrics/summary.ts";
import { Timeline } from "../lib/metrics/timeline.ts";
import { numberedPages } from "../lib/source/numbered_pages.ts";
import { STRATEGIES, type Title } from "./strategies.ts";

/** What a strategy in the race starts with. */
export interface Start {
  /** The strategy. */
  title: Title;
  /** The URL that page numbers are appended to. */
  url: string;
  /** Pages to download. */
  trials: number;
}

/** What a strategy in the race receives: the start, perhaps an abort. */
export type ToRacer = Start | { abort: true };

/** What it sends: that it is ready, its progress, its result. */
export type FromRacer = { ready: true } | { meter: Partial<Meter> } | { result: Recorded };

declare const self: {
  onmessage: ((event: MessageEvent<ToRacer>) => void) | null;
  postMessage(message: FromRacer): void;
};

const aborter = new AbortController();

self.onmessage = ({ data }) => {
  if ("abort" in data) aborter.abort();
  else race(data);
};
self.postMessage({ ready: true });

async function race({ title, url, trials: asked }: Start): Promise<void> {
  const meter = new Meter();
  meter.flow = makeFlow(); // counts isolates, too
  if (STRATEGIES[title].ownConnections) meter.connections = makeConnectionCounts();
  const timeline = new Timeline();
  const tell = () => {
    const { queue: _, ...counts } = meter; // a function, which can't be sent
    self.postMessage({ meter: counts });
  };
  const timer = setInterval(tell, PROGRESS_REDRAW_MS);
  const options = { asked, meter, timeline, signal: aborter.signal };
  const summary = await measure(STRATEGIES[title], numberedPages(url, asked), options);
  clearInterval(timer);
  tell();
  self.postMessage({ result: { ...summary, timeline: timeline.data } });
}
