/**
 * The headers of a request as they are on the wire, made once for each object that they are given in: nearly always the same
 * object is sent.
 *
 * @module
 */

import type { HeaderFields } from "./http2/request_encoder.ts";

/** Headers as they are sent. */
export interface SentHeaders {
  /** For HTTP/1.1: a line each, with its end. Without `host`. */
  readonly lines: string;
  /** For HTTP/2. */
  readonly fields: HeaderFields;
  /** The host to name in place of the URL's. Default: that one. */
  readonly host: string | undefined;
}

const SENT = new WeakMap<HeadersInit, SentHeaders>();

/** Headers that say something about the request's body, and there is none, or about a connection, which is ours to say. */
const NOT_SENT = ["content-length", "transfer-encoding", "te"];

/** Headers of HTTP/1.1 connections, which HTTP/2 doesn't have (RFC 9113 §8.2.2). */
const OF_A_CONNECTION = new Set(["connection", "proxy-connection", "keep-alive", "upgrade"]);

/**
 * Makes headers ready.
 *
 * @param init The headers. Unless they say otherwise, the body may come packed in gzip or Brotli, but not a part of it
 * (`range`).
 * @throws {TypeError} If one can't be sent.
 */
export function sentHeaders(init: HeadersInit): SentHeaders {
  let sent = SENT.get(init);
  if (sent === undefined) SENT.set(init, sent = made(init));
  return sent;
}

function made(init: HeadersInit): SentHeaders {
  const headers = mapped(init) ?? new Headers(init);
  for (const name of NOT_SENT) headers.delete(name);
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", headers.has("range") ? "identity" : "gzip, br");
  if (!headers.has("accept")) headers.set("accept", "*/*");
  const host = headers.get("host") ?? undefined;
  headers.delete("host");
  const all = [...headers].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return {
    lines: all.map(([name, value]) => `${name}: ${value}\r\n`).join(""),
    fields: all.filter(([name]) => !OF_A_CONNECTION.has(name)),
    host,
  };
}

/** Names and values that `Headers` leaves as they are. */
const PLAIN_NAME = /^[a-z0-9-]+$/;
const PLAIN_VALUE = /^[!-~](?:[ -~]*[!-~])?$/;

/** An object of plain headers as they are, without `Headers`, which takes 3 ms to load; undefined for all others. */
function mapped(init: HeadersInit): Map<string, string> | undefined {
  if (Symbol.iterator in init) return undefined;
  const all = Object.entries(init);
  const arePlain = all.every(([name, value]) =>
    typeof value === "string" && PLAIN_NAME.test(name) && PLAIN_VALUE.test(value)
  );
  return arePlain ? new Map(all) : undefined;
}
