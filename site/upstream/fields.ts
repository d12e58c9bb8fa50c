/**
 * Headers on their way through a reverse proxy (RFC 9110 §7.6).
 *
 * @module
 */

/** What is about one connection only, and therefore not passed on (RFC 9110 §7.6.1), beside what Connection names. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** What a request says about its way. */
export interface Way {
  /** The server that it is passed on to. */
  upstream: URL;
  /** What this proxy calls itself in Via. */
  pseudonym: string;
  /** The client's address. */
  client: string;
}

/** The headers of a request as they are passed on. */
export function requestFields(request: Request, { upstream, pseudonym, client }: Way): Record<string, string> {
  const headers = new Headers(request.headers);
  const asked = new URL(request.url);
  dropHopByHop(headers);
  // Deno.serve has answered it by then.
  headers.delete("expect");
  append(headers, "via", `${request.headers.has("host") ? "1.1" : "2"} ${pseudonym}`);
  append(headers, "x-forwarded-for", client);
  headers.set("x-forwarded-host", asked.host);
  headers.set("x-forwarded-proto", asked.protocol.slice(0, -1));
  headers.set("host", upstream.host);
  // The body as it is framed here. Without any of that, Node would send that of a DELETE with no framing at all.
  if (request.body === null) headers.delete("content-length");
  else if (!headers.has("content-length")) headers.set("transfer-encoding", "chunked");
  return Object.fromEntries(headers);
}

/**
 * The headers of an answer as they are passed on. A Location within the upstream becomes one within this site, or a client
 * that follows it would leave the proxy behind.
 *
 * @param raw Names and values in turn, as they came.
 * @param here A URL of this site, as the client knows it.
 * @param upstream Where the answer came from.
 */
export function responseFields(raw: readonly string[], here: string, upstream: URL): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < raw.length; i += 2) headers.append(raw[i], raw[i + 1]);
  dropHopByHop(headers);
  const location = URL.parse(headers.get("location") ?? "");
  if (location?.origin === upstream.origin) {
    headers.set("location", new URL(here).origin + location.href.slice(location.origin.length));
  }
  return headers;
}

function dropHopByHop(headers: Headers): void {
  const named = headers.get("connection")?.split(",").map((name) => name.trim()) ?? [];
  for (const name of [...HOP_BY_HOP, ...named]) if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers.delete(name);
}

function append(headers: Headers, name: string, value: string): void {
  const before = headers.get(name);
  headers.set(name, before === null ? value : `${before}, ${value}`);
}
