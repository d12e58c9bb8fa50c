/**
 * Where Prometheus gets metrics: a server for one path, for as long as a run lasts, and until its totals were fetched.
 *
 * @module
 */

import type { MetricRegistry } from "../../core/metric_registry.ts";
import { CONTENT_TYPE, exposition } from "./exposition.ts";
import { formatFor } from "./format_for.ts";

/** Where an endpoint listens. */
export interface EndpointOptions {
  /** The address. */
  hostname: string;
  /** The port; 0 for any that is free. */
  port: number;
}

/** Milliseconds that answers may take which are on their way when the endpoint is closed. */
const CLOSE_MS = 1_000;

/** Serves the metrics of a registry. */
export class MetricsEndpoint implements AsyncDisposable {
  readonly #registry: MetricRegistry;
  readonly #aborter = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Called when somebody has got what there was. */
  #onFetched: () => void = () => {};

  /**
   * Starts to listen.
   *
   * @param registry What is served.
   * @param options Where.
   * @throws {Error} What Deno throws if it can't listen there.
   */
  constructor(registry: MetricRegistry, { hostname, port }: EndpointOptions) {
    this.#registry = registry;
    const options = { hostname, port, signal: this.#aborter.signal, onListen() {} };
    this.#server = Deno.serve(options, (request, { completed }) => {
      const response = this.#answer(request);
      const onFetched = this.#onFetched; // of those that want what there is now
      if (response.ok && request.method === "GET") completed.then(() => onFetched(), () => {});
      return response;
    });
  }

  /** Where it is. */
  get url(): string {
    const { hostname, port } = this.#server.addr;
    return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/metrics`;
  }

  /**
   * Waits until somebody has got the metrics as they are now, or later.
   *
   * @param ms Milliseconds to wait at most.
   * @param signal Ends the wait.
   */
  async fetched(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const end = () => resolve();
    signal.addEventListener("abort", end);
    this.#onFetched = end;
    await promise;
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  }

  /** Stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#aborter.abort(), CLOSE_MS);
    await this.#server.shutdown();
    clearTimeout(timer);
  }

  #answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname !== "/metrics") return text(404, "metrics are at /metrics");
    if (request.method !== "GET" && request.method !== "HEAD") {
      return text(405, "only GET and HEAD are answered", { allow: "GET, HEAD" });
    }
    const format = formatFor(request.headers.get("accept"));
    try {
      const body = exposition(this.#registry.collect(), format);
      const headers = { "content-type": CONTENT_TYPE[format], "cache-control": "no-store", vary: "accept" };
      return new Response(request.method === "HEAD" ? null : body, { headers });
    } catch (error) {
      return text(500, `metrics can't be read: ${error instanceof Error ? error.message : error}`);
    }
  }
}

function text(status: number, line: string, headers: Record<string, string> = {}): Response {
  return new Response(`${line}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}
