/**
 * One request and its answer on an HTTP/1.1 connection (RFC 9112).
 *
 * One async function and as few objects as it takes: 10,000 of them may wait for their answers.
 *
 * @module
 */

import { isomorphicEncode } from "../../core/isomorphic.ts";
import type { Request } from "../request.ts";
import { cutOff } from "../tls.ts";
import { Http1Answer } from "./answer.ts";
import { Http1Body } from "./body.ts";
import { type Http1Connection, UNCLEAN } from "./connection.ts";
import { Http1Error } from "./error.ts";
import type { Http1Head } from "./head.ts";

/** Where requests go. */
export interface Http1Target {
  /** The host, with the port if it isn't the scheme's. */
  authority: string;
  /** What is asked for before the path: an origin where there is a proxy (RFC 9112 §3.2.2), or nothing. */
  prefix: string;
  /** Headers that are for the proxy only, a line each with its end. */
  proxyLines: string;
}

/** Who is told how exchanges go. */
export interface Http1Owner {
  /** A connection isn't needed any more: with `true`, it may carry another request. */
  onEnd(connection: Http1Connection, isReusable: boolean): void;
  /** A request has failed before there was an answer. */
  onFailed(request: Request, error: unknown): void;
  /** A connection has ended while it had no request. */
  onIdleEnd(connection: Http1Connection): void;
}

/**
 * Sends a request, and gives it the answer once its head is there. Never throws: it tells `owner` what went wrong.
 *
 * @param connection The connection. No other request is on it.
 * @param request The request, which may be aborted until the answer has been read.
 * @param target Where it goes.
 * @param owner Who is told.
 */
export async function exchange(
  connection: Http1Connection,
  request: Request,
  target: Http1Target,
  owner: Http1Owner,
): Promise<void> {
  let answer;
  try {
    request.begin(connection);
    const bytes = bytesOf(request, target);
    let sent = await connection.write(bytes);
    while (sent < bytes.length) sent += await connection.write(bytes.subarray(sent));
    if (connection.hasSpoken) throw new Http1Error("closed", "something came that answers no request");
    let head: Http1Head | undefined;
    while ((head = connection.head(request.method)) === undefined) {
      let read;
      try {
        read = await connection.startReading();
      } catch (error) {
        throw cutOff(error, UNCLEAN);
      }
      if (!connection.endReading(read)) throw new Http1Error("closed", "connection closed before the response");
    }
    answer = answerOf(connection, request, head, owner);
  } catch (error) {
    end(connection, request, owner, false);
    return owner.onFailed(request, error);
  }
  request.succeed(answer);
}

function bytesOf({ method, path, headers }: Request, { prefix, authority, proxyLines }: Http1Target): Uint8Array {
  return isomorphicEncode(
    `${method} ${prefix}${path} HTTP/1.1\r\nhost: ${authority}\r\n${headers.lines}${proxyLines}\r\n`,
  );
}

function answerOf(connection: Http1Connection, request: Request, head: Http1Head, owner: Http1Owner): Http1Answer {
  const { framing, isKept } = head;
  if (framing === 0) {
    end(connection, request, owner, isKept);
    return new Http1Answer(request.url, head);
  }
  const onEnd = (isWhole: boolean) => end(connection, request, owner, isWhole && isKept);
  return new Http1Answer(request.url, head, new Http1Body(connection, { framing, onEnd }));
}

function end(connection: Http1Connection, request: Request, owner: Http1Owner, isReusable: boolean): void {
  const { isAborted } = request;
  request.over();
  // What comes after a response is the answer to no request
  owner.onEnd(connection, isReusable && !isAborted && connection.waiting === 0);
}
