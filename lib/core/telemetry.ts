/**
 * Whether somebody wants spans: Deno with `OTEL_DENO=true`, or a program that has set up OpenTelemetry for itself. Both leave
 * their tracer where the package `@opentelemetry/api` looks for it, so that nothing has to be loaded to know.
 *
 * @module
 */

const API = Symbol.for("opentelemetry.js.api.1");

/** Whether there is a tracer. */
export function isTracing(): boolean {
  return (globalThis as { [API]?: { trace?: unknown } })[API]?.trace !== undefined;
}
