/**
 * An answer to a request, as far as downloading needs it. The `Response` that `fetch` gives is one, and so is what
 * {@linkcode "./http1_client.ts".Http1Client} gives.
 *
 * @module
 */

/** The headers of an answer, by their names. */
export type AnswerHeaders = Pick<Headers, "get" | "has" | "getSetCookie">;

/** The body of an answer, read once. */
export interface AnswerBody {
  /** Takes the body, to read it as it comes. */
  getReader(options: { mode: "byob" }): AnswerReader;
  /** Gives up what hasn't come yet. */
  cancel(): Promise<void>;
}

/** Reads a body into memory that it is given. */
export interface AnswerReader {
  /**
   * Reads some bytes, at least `min` (default: 1) unless the body ends before.
   *
   * @param view Where they go. Its memory can't be used otherwise until they are there.
   * @returns A view of those that came; `done` at the end.
   */
  read(
    view: Uint8Array<ArrayBuffer>,
    options?: { min?: number },
  ): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>;
  /** Gives up what hasn't come yet. */
  cancel(): Promise<void>;
}

/** An answer to a request. */
export interface Answer {
  /** The status code, for example 200. */
  readonly status: number;
  /** What the server calls that; often empty. */
  readonly statusText: string;
  /** Whether the status is one of success, 200 to 299. */
  readonly ok: boolean;
  /** Where it came from. */
  readonly url: string;
  /** Its headers. */
  readonly headers: AnswerHeaders;
  /** Its body, null if there can't be one. */
  readonly body: AnswerBody | null;
  /** Reads the whole body. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Reads the whole body and lends it, so that nothing has to be copied. Left out where `bytes()` is as good.
   *
   * @param use What to do with the body, which is only there until that is done.
   */
  lend?<T>(use: (body: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T>;
  /** Reads the whole body as UTF-8. */
  text(): Promise<string>;
}
