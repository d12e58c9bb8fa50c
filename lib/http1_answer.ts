/**
 * An answer over HTTP/1.1, unpacked if it came packed.
 *
 * @module
 */

import type { Answer, AnswerBody, AnswerHeaders, Arrivals } from "./answer.ts";
import { Http1Body } from "./http1_body.ts";
import type { Http1Head } from "./http1_head.ts";
import { formatsOf, unpack } from "./unpack.ts";

/** What an answer is made of besides its head. */
export interface Http1AnswerOptions {
  /** The body as it is sent, if there is one. */
  body: Http1Body | undefined;
  /** Whether a body that is packed is unpacked. */
  unpacks: boolean;
}

/** An answer over HTTP/1.1. */
export class Http1Answer implements Answer {
  /** Its status. */
  readonly status: number;
  /** What the server calls that. */
  readonly statusText: string;
  /** Its headers, also those that say how the body was packed. */
  readonly headers: AnswerHeaders;
  /** Its body as it is sent. */
  readonly sent: Http1Body | null;
  readonly #formats: CompressionFormat[];
  #unpacked: Response | undefined;

  /**
   * Puts together what came.
   *
   * @param url Where it came from.
   * @param head Its head.
   * @param options Its body.
   */
  constructor(readonly url: string, head: Http1Head, { body, unpacks }: Http1AnswerOptions) {
    this.status = head.status;
    this.statusText = head.statusText;
    this.headers = head.headers;
    this.sent = body ?? null;
    this.#formats = unpacks ? formatsOf(head.headers) : [];
  }

  /** Its body, unpacked. */
  get body(): AnswerBody | null {
    const whole = this.#whole;
    return whole instanceof Response ? whole.body : whole;
  }

  /** Whether the status is one of success. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** Reads the whole body. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#whole?.bytes() ?? Promise.resolve(new Uint8Array());
  }

  /** Reads the whole body and lends it. */
  lend<T>(use: (body: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T> {
    const whole = this.#whole;
    return whole instanceof Http1Body ? whole.lend(use) : this.bytes().then(use);
  }

  /** Reads the whole body as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** Notes what arrives of the body, packed or not. */
  noteArrivals(arrivals: Arrivals): void {
    this.sent?.noteArrivals(arrivals);
  }

  /** Unpacking begins with the first look at what it gives: of a body that nobody wants, nothing is unpacked. */
  get #whole(): Http1Body | Response | null {
    if (this.sent === null || this.#formats.length === 0) return this.sent;
    return this.#unpacked ??= unpack(this.sent, this.#formats);
  }
}
