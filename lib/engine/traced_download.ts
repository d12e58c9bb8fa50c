/**
 * An attempt with a span of its own, whose parent is that of its download. The request says so to its server: by the header
 * `traceparent` over connections of our own; `fetch` does it itself, with a span of its own below this one.
 *
 * Loaded only where somebody wants spans.
 *
 * @module
 */

import { context, type Span, SpanKind, trace } from "@opentelemetry/api";
import type { Answer } from "../core/answer.ts";
import type { Job } from "../core/download.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Send } from "../http/send.ts";
import { downloadOnce } from "./download.ts";
import type { Session } from "./session.ts";
import { contextOf, endSpan, integer, isSampled, requestAttributes, startSpan, traceparentOf } from "./spans.ts";

/**
 * Downloads a URL once, like {@linkcode downloadOnce}.
 *
 * @param job What to download.
 * @param session What all attempts share.
 * @param send What sends its requests. Default: `fetch`.
 * @returns How it ended.
 */
export async function tracedDownload(job: Job, session: Session, send: Send = fetch): Promise<Outcome> {
  const { isOwn = false } = send;
  const parent = contextOf(job.trace);
  const span = isOwn
    ? startSpan("GET", { kind: SpanKind.CLIENT }, parent)
    : startSpan("attempt", { kind: SpanKind.INTERNAL }, parent);
  if (isSampled(span)) {
    span.setAttributes(requestAttributes(job.url));
    if (job.attempt > 1) span.setAttribute("http.request.resend_count", integer(job.attempt - 1));
  }
  try {
    const traced = isOwn ? { ...job, headers: { ...job.headers, traceparent: traceparentOf(span) } } : job;
    const by = isOwn ? noting(send, span) : send;
    const outcome = await context.with(trace.setSpan(parent, span), () => downloadOnce(traced, session, by));
    endSpan(span, outcome);
    return outcome;
  } catch (error) {
    span.end();
    throw error;
  }
}

/** Has a span know which version of HTTP its server speaks. */
function noting(send: Send, span: Span): Send {
  const note = (answer: Answer) => {
    if (answer.httpVersion !== undefined) span.setAttribute("network.protocol.version", answer.httpVersion);
    return answer;
  };
  return Object.assign<Send, Pick<Send, "isOwn">>((url, init) => send(url, init).then(note), { isOwn: true });
}
