/**
 * Sizes for people.
 *
 * @module
 */

const UNITS = ["bytes", "KB", "MB", "GB", "TB", "PB"];

/**
 * Writes a size in the unit that suits it.
 *
 * @param bytes Bytes, 0 or more.
 * @returns With three digits or so, units by the thousand as disks are sold: `512 bytes`, `1.5 KB`, `97.6 MB`.
 */
export function formatBytes(bytes: number): string {
  let unit = 0;
  while (bytes >= 999.5 && unit < UNITS.length - 1) {
    bytes /= 1_000;
    unit++;
  }
  return `${unit === 0 || bytes >= 99.95 ? Math.round(bytes) : bytes.toFixed(1)} ${UNITS[unit]}`;
}
