/**
 * How much the process has computed.
 *
 * @module
 */

/** Linux counts CPU time for programs in ticks of a hundredth of a second, whatever its own clock is (`man 5 proc`). */
const TICKS_PER_SECOND = 100;

/**
 * CPU time of this process so far, in all its threads and the system's part included.
 *
 * From the kernel rather than from `node:process`, which takes longer to load than all the rest of a script.
 *
 * @returns Seconds; `undefined` on systems other than Linux, or without all permissions, which Deno asks for here.
 */
export function cpuSeconds(): number | undefined {
  try {
    const stat = Deno.readTextFileSync("/proc/self/stat");
    // Counted from behind the name, which may have spaces: user time is field 14, system time field 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    // Another system, or no permission to read: it isn't known then.
  }
}
