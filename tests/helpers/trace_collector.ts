/**
 * What OpenTelemetry sends to: a collector that keeps spans (OTLP over HTTP, in JSON).
 *
 * @module
 */

/** A span, with its attributes by name. */
export interface SentSpan {
  name: string;
  traceId: string;
  spanId: string;
  /** Empty for the first of a trace. */
  parentSpanId: string;
  /** 1 for INTERNAL, 2 for SERVER, 3 for CLIENT. */
  kind: number;
  /** The library that it is of. */
  scope: string;
  attributes: Record<string, string | number | boolean>;
  links: { traceId: string; spanId: string }[];
  /** 2 for an error. */
  status: { code: number; message: string };
}

interface Value {
  stringValue?: string;
  intValue?: string;
  doubleValue?: number;
  boolValue?: boolean;
}

/** Keeps what it is sent. */
export class TraceCollector implements AsyncDisposable {
  /** The spans. */
  readonly spans: SentSpan[] = [];
  /** Everything that it was sent, as it came. */
  text = "";
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Listens. */
  constructor() {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const text = await request.text();
      this.text += text;
      if (new URL(request.url).pathname === "/v1/traces") this.#keep(JSON.parse(text));
      return Response.json({});
    });
  }

  /** What makes Deno send its spans here. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
    };
  }

  /** The spans of a name, and perhaps of a trace. */
  named(name: string, trace?: string): SentSpan[] {
    return this.spans.filter((span) => span.name === name && (trace === undefined || span.traceId === trace));
  }

  /** Stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  // deno-lint-ignore no-explicit-any
  #keep({ resourceSpans }: any): void {
    for (const { scopeSpans } of resourceSpans) {
      for (const { scope, spans } of scopeSpans) {
        for (const { attributes, ...span } of spans) {
          const pairs = attributes.map(({ key, value }: { key: string; value: Value }) => [
            key,
            value.stringValue ?? value.boolValue ?? value.doubleValue ?? { int: Number(value.intValue) }.int,
          ]);
          this.spans.push({ ...span, scope: scope.name, attributes: Object.fromEntries(pairs) });
        }
      }
    }
  }
}
