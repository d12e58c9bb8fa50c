/**
 * One request and its answer on an HTTP/1.1 connection (RFC 9112).
 *
 * @module
 */

import type { Answer } from "../../core/answer.ts";
import { isomorphicEncode } from "../../core/isomorphic.ts";
import type { Request } from "../request.ts";
import { Http1Answer } from "./answer.ts";
import { Http1Body } from "./body.ts";
import type { Http1Connection } from "./connection.ts";
import { Http1Error } from "./error.ts";

/** What an exchange needs besides its connection and its request. */
export interface ExchangeOptions {
  /** What is asked for: a path with its query, or through a proxy a URL (RFC 9112 §3.2). */
  target: string;
  /** The host, with the port if it isn't the scheme's. */
  host: string;
  /** Headers that are for the proxy only, a line each with its end. Default: none. */
  proxyLines?: string;
  /** Called once, when the connection isn't needed any more: with `true` if it may carry another request. */
  onEnd: (isReusable: boolean) => void;
}

/**
 * Sends a request, and waits for the head of its answer.
 *
 * @param connection The connection. No other request is on it.
 * @param request The request, which may be aborted until the answer has been read.
 * @param options Where it goes.
 * @throws {Http1Error} If there is no answer, or none of HTTP/1.1.
 * @throws {Error} What Deno throws if the connection breaks; the signal's reason once it is aborted.
 */
export async function exchange(
  connection: Http1Connection,
  request: Request,
  { target, host, proxyLines = "", onEnd }: ExchangeOptions,
): Promise<Answer> {
  const { url, method, headers: { lines } } = request;
  const end = (isReusable: boolean) => {
    const isAborted = request.isAborted;
    request.over();
    // What comes after a response is the answer to no request
    onEnd(isReusable && !isAborted && connection.waiting === 0);
  };
  try {
    request.begin({ abort: connection.close });
    const bytes = isomorphicEncode(`${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${lines}${proxyLines}\r\n`);
    let sent = await connection.write(bytes);
    while (sent < bytes.length) sent += await connection.write(bytes.subarray(sent));
    if (connection.hasSpoken) throw new Http1Error("closed", "something came that answers no request");
    const head = await connection.head(method);
    const { framing, isKept } = head;
    if (framing === 0) end(isKept);
    const body = framing === 0
      ? undefined
      : new Http1Body(connection, { framing, onEnd: (isWhole) => end(isWhole && isKept) });
    return new Http1Answer(url, head, body);
  } catch (error) {
    end(false);
    throw error;
  }
}
