/**
 * Reading all partitions of a run, a few at the same time: one after another, most of the time would be spent on the way to
 * the broker and back.
 *
 * @module
 */

/** Partitions that are read at the same time; of each, one entry is held, and which downloads have an outcome. */
const AT_ONCE = 8;

/**
 * Reads partitions.
 *
 * @param partitions How many there are.
 * @param read Reads one of them.
 * @yields What is read as it comes, in its order within each partition.
 * @throws What reading throws.
 */
export async function* inPartitions<T>(
  partitions: number,
  read: (partition: number) => AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  const left = Array(partitions).keys();
  const lane = async function* () {
    for (let next = left.next(); !next.done; next = left.next()) yield* read(next.value);
  };
  const lanes = Array.from({ length: Math.min(AT_ONCE, partitions) }, lane);
  const pending = new Map<number, Promise<{ at: number; result: IteratorResult<T, void> }>>();
  const goOn = (at: number) => {
    const next = lanes[at].next().then((result) => ({ at, result }));
    next.catch(() => {}); // of several that fail, one is thrown
    pending.set(at, next);
  };
  for (const at of lanes.keys()) goOn(at);
  while (pending.size > 0) {
    const { at, result } = await Promise.race(pending.values());
    if (result.done) pending.delete(at);
    else {
      goOn(at);
      yield result.value;
    }
  }
}
