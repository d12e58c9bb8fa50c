/**
 * What spans of downloads and of attempts have in common: how they begin and end, W3C trace context, and attributes by the semantic
 * conventions for HTTP clients (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
 *
 * Loaded only where somebody wants spans.
 *
 * @module
 */

import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { USER_AGENT } from "../../constants.ts";
import type { Outcome } from "../core/outcome.ts";
import { redactedUrl, withRedactedUrls } from "../core/redacted_url.ts";

const [NAME, VERSION] = USER_AGENT.split("/");

const tracer = trace.getTracer(NAME, VERSION);

/**
 * Begins a span of this project.
 *
 * @param name Its name.
 * @param options Its kind, and what it links to.
 * @param parent Where its parent is. Default: nowhere.
 * @internal
 */
export function startSpan(name: string, options: SpanOptions, parent: Context = ROOT_CONTEXT): Span {
  return tracer.startSpan(name, options, parent);
}

/** A whole number as an attribute: Deno sends numbers as floating point, and `bigint` as the integer that is meant. */
export function integer(value: number): number {
  return BigInt(value) as unknown as number;
}

/**
 * Whether a span is sent anywhere.
 *
 * @internal
 */
export function isSampled(span: Span): boolean {
  return (span.spanContext().traceFlags & 1) === 1;
}

/**
 * A span as the header `traceparent` (https://www.w3.org/TR/trace-context/#traceparent-header).
 *
 * @param span The span.
 * @internal
 */
export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/**
 * The context of a span that was begun elsewhere.
 *
 * @param traceparent The span, as a header.
 * @returns One without a span, if there is none or it can't be read.
 * @internal
 */
export function contextOf(traceparent: string | undefined): Context {
  const spanContext = parsed(traceparent);
  return spanContext ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT;
}

function parsed(traceparent = ""): SpanContext | undefined {
  const [, traceId, spanId, flags] =
    /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/.exec(traceparent) ?? [];
  return traceId === undefined ? undefined : { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
}

/**
 * What is known of a request beforehand.
 *
 * @param url Its URL.
 * @internal
 */
export function requestAttributes(url: string): Attributes {
  const attributes: Attributes = { "http.request.method": "GET", "url.full": redactedUrl(url) };
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === "") return attributes;
  attributes["server.address"] = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  attributes["server.port"] = integer(Number(parsed.port) || (parsed.protocol === "https:" ? 443 : 80));
  return attributes;
}

/**
 * Says how a span ended, and ends it.
 *
 * @param span The span.
 * @param outcome How.
 * @param more Further attributes.
 * @internal
 */
export function endSpan(span: Span, outcome: Outcome, more: Attributes = {}): void {
  if (isSampled(span)) {
    const { status, bytes } = outcome;
    span.setAttributes({
      ...status !== undefined && { "http.response.status_code": integer(status) },
      ...outcome.result === "done" && { "http.response.body.size": integer(bytes) },
      ...more,
    });
    if (outcome.result === "failed") {
      const { kind, message } = outcome;
      span.setAttribute("error.type", kind === "status" && status !== undefined ? String(status) : kind);
      span.setStatus({ code: SpanStatusCode.ERROR, message: withRedactedUrls(message) });
    }
  }
  span.end();
}
