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
 */
export function tcpAddress({ hostname, port, protocol }: URL): { hostname: string; port: number } {
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (protocol === "https:" ? 443 : 80),
  };
}
