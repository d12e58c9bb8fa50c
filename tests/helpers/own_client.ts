/**
 * A client of our own connections for tests, and servers for it that send every byte themselves.
 *
 * @module
 */

import type { Answer } from "../../lib/core/answer.ts";
import { Client, type ClientSettings } from "../../lib/http/client.ts";
import { wholeLength } from "../../lib/disk/resume.ts";
import { chunksOf, wholeBody } from "../../lib/http/response_body.ts";
import type { AnswerBytes } from "./raw_server.ts";

/** The server's end of a connection. */
export type Socket = Parameters<AnswerBytes>[0];

/** The beginning of a response. */
export const OK = "HTTP/1.1 200 OK\r\n";

/** A client of HTTP/1.1, closed at the end. */
export class OwnClient extends Client {
  constructor(settings: Partial<ClientSettings> = {}) {
    super({ http: 1, ...settings });
  }

  /** Gets a URL without headers, until `signal` ends it. */
  fetch(url: string, headers: HeadersInit = {}, signal = new AbortController().signal): Promise<Answer> {
    return this.send(url, { headers, signal, redirect: "manual" });
  }
}

/** Answers every request on a connection, also those after the first; `nth` is 1 for the first of its connection. */
export function each(answer: (socket: Socket, request: string, nth: number) => void): AnswerBytes {
  return (socket, received) => {
    let nth = 0;
    const handle = (bytes: Uint8Array) => answer(socket, new TextDecoder("latin1").decode(bytes), ++nth);
    socket.on("data", handle);
    handle(received);
  };
}

/** Every way to read a body. */
export const WAYS: Record<string, (response: Answer) => Promise<string>> = {
  "in one go": (response) => response.text(),
  "as it comes": async (response) => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of chunksOf(response, noted())) text += decoder.decode(chunk, { stream: true });
    return text;
  },
  "lent": async (response) => {
    const decode = (body: Uint8Array) => Promise.resolve(new TextDecoder().decode(body));
    return await (response.lend?.(decode) ?? response.text());
  },
  "by its length": async (response) => {
    return new TextDecoder().decode(await wholeBody(response, wholeLength(response) ?? 1_000_000, noted()));
  },
};

/** An attempt that nobody looks at. */
export const noted = () => ({ bytes: 0, lastDataAt: 0 });
