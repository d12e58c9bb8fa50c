/**
 * What a running process has used.
 *
 * @module
 */

/** The unit of /proc/PID/stat: sysconf(_SC_CLK_TCK), which is 100 on every Linux that Deno runs on. */
const CLOCK_TICKS_PER_SECOND = 100;

/**
 * CPU seconds of a process, its threads included and its children not, in steps of 10 ms: `utime` and `stime`, fields
 * 14 and 15 of /proc/PID/stat (proc(5)).
 *
 * @param pid Its id.
 */
export async function processCpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
  return (user + system) / CLOCK_TICKS_PER_SECOND;
}
