/**
 * An answer over HTTP/2, as it is sent.
 *
 * @module
 */

import type { Answer, AnswerBody, AnswerHeaders, Arrivals } from "../../core/answer.ts";
import type { ResponseHead } from "./response_head.ts";
import type { Http2Stream } from "./stream.ts";

/** An answer over HTTP/2. */
export class Http2Answer implements Answer {
  /** Its status. */
  readonly status: number;
  /** HTTP/2 has no words for it. */
  readonly statusText = "";
  /** Its headers. */
  readonly headers: AnswerHeaders;
  /** Its body. */
  readonly body: AnswerBody | null;
  readonly #stream: Http2Stream | undefined;

  /**
   * Puts together what came.
   *
   * @param url Where it came from.
   * @param head Its head.
   * @param stream What its body comes on, if there is one.
   */
  constructor(readonly url: string, { status, headers, length }: ResponseHead, stream?: Http2Stream) {
    this.status = status;
    this.headers = headers;
    this.body = stream === undefined || length === 0 && stream.isOver ? null : stream;
    this.#stream = stream;
  }

  /** Whether the status is one of success. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** Reads the whole body. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#stream?.bytes() ?? Promise.resolve(new Uint8Array());
  }

  /** The whole body, if it is there already. */
  taken(): Uint8Array<ArrayBuffer> | undefined {
    return this.#stream?.taken();
  }

  /** Reads the whole body as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** Notes what arrives of the body. */
  noteArrivals(arrivals: Arrivals): void {
    this.#stream?.noteArrivals(arrivals);
  }
}
