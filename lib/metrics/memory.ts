/**
 * How much memory the process has had.
 *
 * @module
 */

/**
 * The most memory this process ever had in RAM.
 *
 * @returns Bytes: the kernel's high-water mark where there is one to read (Linux), otherwise what is in RAM now.
 */
export function peakMemoryBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1];
    if (kilobytes) return Number(kilobytes) * 1_024;
  } catch {
    // Another system, or no permission to read: what is known without it has to do.
  }
  return Deno.memoryUsage().rss;
}
