/**
 * An answer to a request, as far as downloading needs it. The `Response` that `fetch` gives is one, and so is what
 * connections of our own give.
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
   * Reads what has come, or else what comes next.
   *
   * @param view Where it goes. Its memory can't be used otherwise until it is there.
   * @returns A view of what came; `done` at the end.
   */
  read(view: Uint8Array<ArrayBuffer>): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>;
  /** Gives up what hasn't come yet. */
  cancel(): Promise<void>;
}

/** Who wants to know when a body is over. */
export interface OverTaker {
  /** Nothing more of it comes: it is whole, or broke off. Called while frames are read, so nothing should be begun in here. */
  onOver(): void;
}

/** When bytes arrive: a body is idle only while none do, however it is read. */
export interface Arrivals {
  /** When the last ones did, by `performance.now()`. */
  lastDataAt: number;
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
  /** The version of HTTP that its server speaks, for example `1.1` or `2`. Left out where that isn't known. */
  readonly httpVersion?: string;
  /** Its headers. */
  readonly headers: AnswerHeaders;
  /** The content codings that are the file's own and that its body keeps, for example `gzip`. Default: none. */
  readonly coding?: string;
  /** Its body, null if there can't be one. */
  readonly body: AnswerBody | null;
  /** The body as it is sent, where `body` is what it is unpacked to. Left out where there is no way to it. */
  readonly sent?: AnswerBody | null;
  /** Reads the whole body. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Takes the whole body where all of it is there already, so that nothing has to be waited for. Left out where that can't be.
   *
   * @returns The body, which is read then; undefined while some of it is to come, and then it has to be read another way.
   */
  taken?(): Uint8Array<ArrayBuffer> | undefined;
  /**
   * Waits without a promise until nothing more of the body comes, read or not; so only for one that fits into the window of its
   * stream. Left out where only reading brings it.
   *
   * @param taker Who waits, in place of whoever did before.
   * @returns Whether there is anything to wait for; if not, `taker` is never called.
   */
  whenOver?(taker: OverTaker): boolean;
  /**
   * Reads the whole body and lends it, so that nothing has to be copied. Left out where `bytes()` is as good.
   *
   * @param use What to do with the body, which is only there until that is done.
   */
  lend?<T>(use: (body: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T>;
  /** Reads the whole body as UTF-8. */
  text(): Promise<string>;
  /** Notes what arrives of the body from now on. Left out where only whoever reads it can tell. */
  noteArrivals?(arrivals: Arrivals): void;
}
