/**
 * Which requests are sent again at once, at no cost to the retries of their download: those that were never processed.
 *
 * @module
 */

import { Http1Error } from "./http1/error.ts";
import { Http2Error } from "./http2/error.ts";
import { SharedConnection } from "./http2/shared.ts";
import type { Request } from "./request.ts";

/** How often a request is sent again while its connections answer no other either. */
const MAX_FUTILE = 3;

/** How often at most: a server may process a few requests of each connection, and send away all others. */
const MAX_RESENDS = 100;

/**
 * Whether to send a request again.
 *
 * @param request The request. What it must avoid then is noted in it.
 * @param error What it failed with, before there was an answer.
 * @param isAsking Whether its server is asked what it speaks by requests themselves, so that the wrong version costs nothing.
 */
export function maySendAgain(request: Request, error: unknown, isAsking: boolean): boolean {
  const { connection } = request;
  request.connection = undefined;
  if (connection === undefined || request.isAborted) return false; // there is no connection to be had
  if (!(connection instanceof SharedConnection)) {
    if (isAsking && error instanceof Http1Error && error.needsHttp2) return ++request.again.futile <= MAX_FUTILE;
    // The server may close a connection that has nothing to do just when it is used again (RFC 9112 §9.3.1)
    const isStale = connection.isUsed && connection.waiting === 0;
    if (!isStale || isProtocol(error) || request.again.wasStale) return false;
    return request.again.wasStale = request.again.needsFresh = true;
  }
  if (error instanceof Http2Error && error.isUnprocessed || isAsking && !connection.isGreeted) {
    const { again } = request;
    if (error instanceof Http2Error && error.kind === "reset") again.avoids = connection;
    const answersOthers = error instanceof Http2Error && error.answersOthers;
    if (connection.answered === request.answeredBefore && !answersOthers) again.futile++;
    return again.futile <= MAX_FUTILE && ++again.resends <= MAX_RESENDS;
  }
  // The same as over HTTP/1.1: it was there before, and brought nothing since
  if (!isStale(connection, request) || isProtocol(error) || request.again.wasStale) return false;
  return request.again.wasStale = true;
}

function isStale({ isGone, answered }: SharedConnection, { answeredBefore }: Request): boolean {
  return isGone && answeredBefore > 0 && answered === answeredBefore;
}

function isProtocol(error: unknown): boolean {
  return (error instanceof Http1Error || error instanceof Http2Error) && error.kind === "protocol";
}
