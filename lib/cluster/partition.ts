/**
 * Which partition a URL belongs to: by its host, so that one machine at a time knows and keeps what a host can take.
 *
 * @module
 */

/**
 * The partition of a URL.
 *
 * Like the limits per host (host_limits.ts), it knows a port only where the URL says one: `http://a.example` and
 * `https://a.example` are one host, and so must be one machine's.
 *
 * @param url An absolute http or https URL.
 * @param partitions How many there are.
 * @returns From 0 to `partitions - 1`: the same on every machine, and for all ways to write the same host and port.
 */
export function partitionOf(url: string, partitions: number): number {
  const parsed = URL.parse(url);
  // What isn't a URL fails wherever it is tried
  if (parsed === null) return hash(url) % partitions;
  return hash(parsed.host) % partitions;
}

/** FNV-1a (RFC 9923), finished by MurmurHash3's mixing: the low bits of FNV alone are those of the last letters. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
