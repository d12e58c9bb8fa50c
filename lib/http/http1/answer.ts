/**
 * An answer over HTTP/1.1, as it is sent.
 *
 * @module
 */

import type { Answer, AnswerBody, AnswerHeaders, Arrivals } from "../../core/answer.ts";
import type { Http1Body } from "./body.ts";
import type { Http1Head } from "./head.ts";

/** An answer over HTTP/1.1. */
export class Http1Answer implements Answer {
  /** Its status. */
  readonly status: number;
  /** What the server calls that. */
  readonly statusText: string;
  /** Its headers. */
  readonly headers: AnswerHeaders;
  /** Its body. */
  readonly body: AnswerBody | null;
  readonly #body: Http1Body | undefined;

  /**
   * Puts together what came.
   *
   * @param url Where it came from.
   * @param head Its head.
   * @param body Its body, if there is one.
   */
  constructor(readonly url: string, head: Http1Head, body?: Http1Body) {
    this.status = head.status;
    this.statusText = head.statusText;
    this.headers = head.headers;
    this.body = body ?? null;
    this.#body = body;
  }

  /** The version of HTTP. */
  get httpVersion(): string {
    return "1.1";
  }

  /** Whether the status is one of success. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** Reads the whole body. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#body?.bytes() ?? Promise.resolve(new Uint8Array());
  }

  /** Reads the whole body and lends it. */
  lend<T>(use: (body: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T> {
    return this.#body?.lend(use) ?? this.bytes().then(use);
  }

  /** Reads the whole body as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** Notes what arrives of the body. */
  noteArrivals(arrivals: Arrivals): void {
    this.#body?.noteArrivals(arrivals);
  }
}
