/**
 * What a run has written down of an unfinished body, beside the body: the one that an output folder has.
 *
 * @module
 */

/** The blocks that are described, in their order in the body. */
function blocksIn(output: string): { at: number; end: number }[] {
  const state = `${output}/.download-stuff`;
  const [data] = Array.from(Deno.readDirSync(state)).filter(({ name }) => name.endsWith(".json"));
  const text = data === undefined ? "" : Deno.readTextFileSync(`${state}/${data.name}`);
  let next = 0; // lines without a place follow each other
  return [...text.matchAll(/^(?:@(\d+) )?(\d+) [0-9a-f]{32}$/gm)].map(([, place, bytes]) => {
    const at = place === undefined ? next : Number(place);
    if (place === undefined) next += Number(bytes);
    return { at, end: at + Number(bytes) };
  }).sort((a, b) => a.at - b.at);
}

/** Bytes of the body that are described. */
export function bytesDescribed(output: string): number {
  return blocksIn(output).reduce((sum, { at, end }) => sum + end - at, 0);
}

/** The same from a byte on, without a gap. */
export function describedFrom(output: string, from: number): number {
  return blocksIn(output).reduce((next, { at, end }) => at === next ? end : next, from) - from;
}

/** Waits until something is so, for half a minute at most. */
export async function until(isSo: () => boolean): Promise<void> {
  const lateAt = performance.now() + 30_000;
  while (!isSo()) {
    if (performance.now() > lateAt) throw new Error(`It is never so: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
