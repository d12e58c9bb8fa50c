/**
 * Where a URL's server listens.
 *
 * @module
 */

/**
 * The address of a URL's server, as `Deno.connect` takes it.
 *
 * @param url An http or https URL.
 * @returns Its host, an IPv6 address without brackets, and its port, or the one that its scheme has (RFC 9110 §4.2).
 * @throws {TypeError} For port 0, which is reserved (RFC 6335 §6).
 */
export function tcpAddress({ hostname, port, protocol }: URL): { hostname: string; port: number } {
  if (port === "0") throw new TypeError("Invalid URL: nothing can listen on port 0; name another port, or none");
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? protocol === "https:" ? 443 : 80 : Number(port),
  };
}
