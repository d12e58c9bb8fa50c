/**
 * How a request leaves: by `fetch`, or by whatever else has its shape.
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import type { Ending } from "./watched.ts";

const [ACCEPT_ENCODING, IDENTITY] = ["accept-encoding", "identity"];

/** What a request needs besides its URL: an init of `fetch`. */
export interface SendInit {
  /** The headers. */
  headers: HeadersInit;
  /** What is asked for. Default: GET. */
  method?: "GET" | "HEAD";
  /** 1 for the first attempt, one more for each retry, which goes over another connection. Default: 1. */
  attempt?: number;
  /** Ends the request and the reading of its answer. Left out where `ending` does. */
  signal?: AbortSignal;
  /** The same without a signal, for those that say {@linkcode Send.isOwn}. Default: `signal` ends it, if anything. */
  ending?: Ending;
  /** Redirects are answers like any other. */
  redirect: "manual";
  /** The client of `fetch`. Default: Deno's own. */
  client?: Deno.HttpClient;
}

/** What takes the answer to a request, once: either of its methods is called, perhaps before the request is on its way. */
export interface AnswerTaker {
  /** The answer's head is there; what has come with it may not have been looked at yet. */
  onAnswer(answer: Answer): void;
  /** There is no answer, for a reason. */
  onNoAnswer(reason: unknown): void;
}

/** Sends a request. `fetch` is one. */
export interface Send {
  /**
   * Sends a request.
   *
   * @param url Where to, without user and password.
   * @param init Its headers, and what ends it.
   * @returns The answer, once its head is there.
   */
  (url: string, init: SendInit): Promise<Answer>;
  /**
   * Whether it sends over connections of our own: it goes by `ending`, which costs less than a signal for each request, asks
   * for the content codings that it takes, and finds out what each server speaks, so that it can follow redirects to any.
   * Default: false, and it gets a `signal`, and headers that ask for no coding.
   */
  isOwn?: boolean;
  /**
   * The same without a promise, which takes 400 bytes of each request in flight with the functions that it takes to wait for
   * it. Default: there is only a promise.
   */
  to?(url: string, init: SendInit, taker: AnswerTaker): void;
}

/** Headers as `fetch` gets them: nearly always the same object is sent. */
const FOR_FETCH = new WeakMap<HeadersInit, [name: string, value: string][]>();

/**
 * Keeps `fetch` from unpacking what is packed. It stops after the first member of gzip and says that this is all; whatever
 * follows an end, it drops. It leaves everything as it is sent when the first `accept-encoding` is `identity`, and so do most
 * servers; what comes packed all the same is unpacked by us. If somebody asks for other codings, they go into a second line,
 * which is as good (RFC 9110 §5.3).
 *
 * @param headers The headers that were asked for.
 * @returns The headers to send.
 */
export function askingForNoCodings(headers: HeadersInit): HeadersInit {
  let lines = FOR_FETCH.get(headers);
  if (lines === undefined) {
    const others = [...new Headers(headers)].filter(([name, value]) =>
      name !== ACCEPT_ENCODING || value.toLowerCase() !== IDENTITY
    );
    FOR_FETCH.set(headers, lines = [[ACCEPT_ENCODING, IDENTITY], ...others]);
  }
  return lines;
}
