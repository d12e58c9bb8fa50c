/**
 * What whoever runs a broker has to know about its version.
 *
 * @module
 */

/**
 * Warns of a broker that lets more in than it should.
 *
 * @param version The server's version.
 * @returns A line; undefined if there is nothing to warn of.
 */
export function oldBrokerWarning(version: string): string | undefined {
  const [major = NaN, minor = NaN, patch = NaN] = version.split(/[.-]/).map(Number);
  // Affected: 2.2.0 up to 2.10.26, and 2.11.0 (https://nvd.nist.gov/vuln/detail/CVE-2025-30215)
  const isMended = major > 2 || minor > 11 || (minor === 11 && patch >= 1) || (minor === 10 && patch >= 27);
  if (isMended || Number.isNaN(major)) return undefined;
  return `nats-server ${version} has CVE-2025-30215: let only trusted machines and users reach it, or use 2.11.1 or later`;
}
