/**
 * Spans of a run: one for each download, from when it is read from the source until it has its outcome. Each begins a trace of
 * its own, so that a sampler can choose some of a million, and links to the span of the run.
 *
 * What the attempts of a download need to know goes with it as a `traceparent`, also to other isolates. Loaded only where
 * somebody wants spans.
 *
 * @module
 */

import type { Attributes, Span } from "@opentelemetry/api";
import type { Download } from "../core/download.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Item, Report, Source } from "../core/source.ts";
import { contextOf, endSpan, integer, isSampled, requestAttributes, startSpan, traceparentOf } from "./spans.ts";

/** The spans of a run. */
export class TracedRun implements Disposable {
  readonly #run: Span;
  /** Those of downloads that have no outcome yet, by their `traceparent`. */
  readonly #open = new Map<string, Span>();

  /**
   * Begins the span of the run.
   *
   * @param title What the strategy is called.
   */
  constructor(title: string) {
    this.#run = startSpan("run", { attributes: { "download.strategy": title } });
  }

  /**
   * Begins a span for each download.
   *
   * @param source Where downloads come from.
   * @returns The same downloads, one by one as they are asked for.
   */
  source(source: Source): Source {
    return Symbol.asyncIterator in source ? this.#async(source) : this.#sync(source);
  }

  /**
   * Ends the span of each download.
   *
   * @param report Receives the outcomes.
   * @returns What receives them first.
   */
  report(report: Report): Report {
    return (outcome, download) => {
      const key = download.trace ?? "";
      const span = this.#open.get(key);
      this.#open.delete(key);
      if (span) endSpan(span, outcome, attributesOf(outcome));
      report(outcome, download);
    };
  }

  /** Ends the span of the run. Those of downloads that weren't tried before its end are dropped. */
  [Symbol.dispose](): void {
    this.#open.clear();
    this.#run.end();
  }

  *#sync(source: Iterable<Item | readonly Item[]>): Generator<Download> {
    for (const given of source) for (const item of Array.isArray(given) ? given : [given]) yield this.#begin(item);
  }

  async *#async(source: AsyncIterable<Item | readonly Item[]>): AsyncGenerator<Download> {
    for await (const given of source) {
      for (const item of Array.isArray(given) ? given : [given]) yield this.#begin(item);
    }
  }

  #begin(item: Item): Download {
    const download = typeof item === "string" ? { url: item } : item;
    const parent = contextOf(download.trace);
    const span = startSpan("download", { links: [{ context: this.#run.spanContext() }] }, parent);
    if (isSampled(span)) span.setAttributes(requestAttributes(download.url));
    const traceparent = traceparentOf(span);
    this.#open.set(traceparent, span);
    return { ...download, trace: traceparent };
  }
}

function attributesOf(outcome: Outcome): Attributes {
  const { result, attempts } = outcome;
  return {
    "download.result": result,
    "download.attempts": integer(attempts),
    ...attempts > 1 && { "http.request.resend_count": integer(attempts - 1) },
    ...outcome.result === "skipped" && { "download.reason": outcome.reason },
  };
}
