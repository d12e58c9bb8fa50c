/**
 * Keeps requests and the heads of their answers as they were sent, for those who archive them (WARC).
 *
 * @module
 */

import type { Answer } from "../core/answer.ts";
import type { Exchange } from "../core/exchange.ts";
import { isRedirect } from "../http/is_redirect.ts";
import { HARMLESS } from "../http/redirects.ts";
import { sentHeaders } from "../http/request_headers.ts";
import { targetOf } from "../http/target.ts";
import type { Attempt } from "./attempt.ts";

/** A line of a request's head, with its name. */
const LINE = /^([^:\r\n]+):.*\r\n/gm;

/** How HTTP/1.1 calls what its answers are most often, for those that came without words. */
const WORDS: Record<number, string> = { 200: "OK", 301: "Moved Permanently", 302: "Found", 303: "See Other" };

/** The exchanges of attempts that are on their way. */
export class Exchanges {
  readonly #noted = new WeakMap<Attempt, Exchange[]>();

  /**
   * Notes a request and its answer.
   *
   * @param attempt What it was sent for.
   * @param url Where to.
   * @param headers What was asked with.
   * @param answer The answer as it came.
   */
  note(attempt: Attempt, url: string, headers: HeadersInit, answer: Answer): void {
    const noted = this.#noted.get(attempt);
    const exchange: Exchange = {
      url: asSent(url),
      startedAt: performance.timeOrigin + (noted ? performance.now() : attempt.startedAt),
      request: requestHead(url, headers),
      response: responseHead(answer),
      ...answer.httpVersion !== undefined && { protocol: answer.httpVersion === "2" ? "h2" : "http/1.1" },
      isLeft: isRedirect(answer),
    };
    if (noted) noted.push(exchange);
    else this.#noted.set(attempt, [exchange]);
  }

  /** What led to the body of an attempt: redirects, and at last the answer that has it. */
  of(attempt: Attempt): Exchange[] {
    const noted = this.#noted.get(attempt) ?? [];
    return noted.filter(({ isLeft }, at) => isLeft || at === noted.length - 1);
  }
}

/** A URL as URLs are written: what is in a list may have line ends in it, and what isn't ASCII. */
function asSent(url: string): string {
  const sent = new URL(url);
  sent.hash = "";
  return sent.href;
}

function requestHead(url: string, headers: HeadersInit): string {
  const { lines, host } = sentHeaders(headers);
  // What may say who asks is left out, since an archive is passed on
  const kept = lines.replace(LINE, (line, name: string) => HARMLESS.has(name.toLowerCase()) ? line : "");
  return `GET ${targetOf(url).path} HTTP/1.1\r\nhost: ${host ?? new URL(url).host}\r\n${kept}\r\n`;
}

/**
 * The head of an answer as it came, or in the same form if it came in another. Chunks are undone by whoever reads the body, so
 * that a header which says that there are some would mislead: it is kept under another name, as other archivers do.
 */
function responseHead(answer: Answer): string {
  const head = answer.head ?? builtHead(answer);
  return head.replace(/^transfer-encoding:/gim, "x-orig-transfer-encoding:");
}

/** The same for an answer of `fetch`. */
function builtHead({ status, statusText, headers }: Answer): string {
  const lines = [...headers as Headers].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${statusText || (WORDS[status] ?? "")}\r\n${lines.join("")}\r\n`;
}
