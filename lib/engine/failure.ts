/**
 * Why a download failed: from what `fetch` throws to a kind that failures are grouped by and a sentence for people.
 *
 * Deno says why only in the text of the error and its causes, so that is what is read here.
 *
 * @module
 */

import type { Failed, FailureKind } from "../core/outcome.ts";
import type { RetryOn } from "../core/settings.ts";

/** Statuses by which a host says that it is asked too much (RFC 6585 §4, RFC 9110 §15.6.4). */
const OVERLOAD_STATUS = new Set([429, 503]);

/** Statuses by which a gateway says that what is behind it doesn't answer: of RFC 9110 §15.6, and Cloudflare's. */
const GATEWAY_STATUS = new Set([502, 504, 520, 521, 522, 523, 524, 530]);

/** Statuses that may pass: timeout, too early, the server's own troubles (RFC 9110 §15), and those above. */
const TRANSIENT_STATUS = new Set([408, 425, 500, ...OVERLOAD_STATUS, ...GATEWAY_STATUS]);

/** Kinds that another attempt may cure. */
const TRANSIENT_KINDS = new Set<FailureKind>([
  "refused",
  "reset",
  "closed",
  "truncated",
  "connect-timeout",
  "idle-timeout",
  "timeout",
  "protocol",
  "tunnel",
  "too-many-open-files",
  "no-free-port",
  "worker-died",
]);

/** Kinds that, before a response, say that a host doesn't answer. */
const UNREACHABLE_KINDS = new Set<FailureKind>([
  "refused",
  "reset",
  "closed",
  "connect-timeout",
  "timeout",
  "tunnel",
  "dns",
]);

/** What a server says of one request over HTTP/2, on a connection that goes on (RFC 9113 §6.4): it was reached. */
const STREAM_RESET = /^the server reset the stream/;

/**
 * Looked for in the messages of an error and its causes, first match wins. Numbers are those of Linux, macOS and Windows,
 * which says the words in the language of its user.
 */
const KINDS: readonly (readonly [RegExp, FailureKind])[] = [
  [/^invalid url|url scheme|requests to port/i, "invalid-url"], // first, because it quotes the URL, which may say anything
  [/proxy authentication required|acceptable auth methods|password auth failure|authorization required/i, "proxy-auth"],
  [/unsuccessful tunnel|while tunneling|socks server failure|^(host|network) unreachable$|^ttl expired$/i, "tunnel"],
  [/too many open files|os error (24|10024)\b/i, "too-many-open-files"],
  [/cannot assign requested address|os error (99|49|10048|10049|10055)\b/i, "no-free-port"],
  [/close_notify|tls handshake eof|cannot decrypt/i, "reset"], // cut off, as by a server that was killed
  [/certificate|handshake|fatal alert|corrupt message/i, "tls"],
  [/dns error|failed to lookup|name or service not known|no address associated/i, "dns"],
  [/connection refused|proxy server unreachable|os error (111|61|10061)\b/i, "refused"],
  [/connection reset|broken pipe|os error (104|54|32|10053|10054)\b/i, "reset"],
  [/timed out|os error (110|60|10060)\b/i, "connect-timeout"],
  [/network is unreachable|no route to host|os error (101|113|51|65|10051|10065)\b/i, "refused"],
  [/redirect/i, "redirect"],
  [/error reading a body|end of file|unexpected eof|body write aborted|error decoding/i, "truncated"],
  [
    /closed before message completed|connection closed|channel closed|(operation|request) was canceled|dispatch task/i,
    "closed",
  ],
  [
    /connection error|stream error|http2 error|unexpected message|invalid http|message head|unspecific protocol|parsed|go ?away/i,
    "protocol",
  ],
];

/** What Deno puts before the reason: the URL, which the outcome names anyway and whose words say nothing about the reason. */
const REQUEST_PREFIX = /^error sending request .*?: client error \(\w+\): /s;

/** What rustls puts behind the reason: where its manual explains it to programmers. */
const MANUAL = /: https:\/\/docs\.rs\/rustls\/\S*$/;

/** What to do about a certificate that isn't trusted, by what rustls says of it. */
const TLS_ADVICE: readonly (readonly [RegExp, string])[] = [
  [/certificate: UnknownIssuer$/, "if you trust its authority, name that with --cacert or caCerts"],
  [/certificate: Expired$/, "its server needs a new one"],
  [/certificate not valid for name /, "ask for a name that it is for"],
];

/** Causes looked at: an error that is its own cause must not be followed for ever. */
const MAX_CAUSES = 5;

/**
 * Whether another attempt may succeed.
 *
 * @param failed A download that failed.
 * @param retryOn Which statuses are retried besides those that may pass by themselves. Default: no further ones.
 * @returns `true` for what passes by itself: connections refused, reset or cut, deadlines, overload.
 */
export function isTransient({ kind, status, message }: Failed, retryOn: RetryOn = []): boolean {
  if (kind === "status") {
    if (status === undefined || retryOn === "none") return false;
    return isTransientStatus(status) || retryOn.includes(status);
  }
  return TRANSIENT_KINDS.has(kind) || (kind === "dns" && /temporary|try again/i.test(message));
}

/**
 * Whether a download failed because its host couldn't be reached at all.
 *
 * @param failed A download that failed.
 * @returns `false` also for what may as well be this machine's fault.
 */
export function isUnreachable({ kind, status, message }: Failed): boolean {
  return status === undefined && UNREACHABLE_KINDS.has(kind) && !STREAM_RESET.test(message);
}

/**
 * What a failure says about its host.
 *
 * @param failed A download that failed; undefined for one that didn't.
 * @returns `overload` when the host is asked too much, `gateway` when it only stands before one that doesn't answer;
 * undefined when neither.
 */
export function meaningOf(failed: Failed | undefined): "overload" | "gateway" | undefined {
  if (failed?.kind !== "status" || failed.status === undefined) return undefined;
  return OVERLOAD_STATUS.has(failed.status) ? "overload" : GATEWAY_STATUS.has(failed.status) ? "gateway" : undefined;
}

/** Whether a status may pass by itself. */
function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUS.has(status);
}

/**
 * Reads an error that ended an attempt.
 *
 * @param error What `fetch` or the reading of a body threw.
 * @returns Its kind, and what happened in one line.
 */
export function describeError(error: unknown): { kind: FailureKind; message: string } {
  const messages: string[] = [];
  for (let each = error; each instanceof Error && messages.length < MAX_CAUSES; each = each.cause) {
    messages.push(each.message.replace(REQUEST_PREFIX, "").replace(/\s+/g, " ") || each.name);
  }
  const kind = KINDS.find(([pattern]) => messages.some((message) => pattern.test(message)))?.[1] ?? "other";
  const message = messages.at(-1)?.replace(MANUAL, "") ?? String(error);
  const advice = kind === "tls" ? TLS_ADVICE.find(([pattern]) => pattern.test(message))?.[1] : undefined;
  return { kind, message: advice ? `${message}; ${advice}` : message };
}
