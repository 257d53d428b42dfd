/** Many asynchronous tasks, a few at once. */

/**
 * Runs a task for each, at most `concurrency` at once, begun in order. After a failure it begins no more, waits for
 * those that run, and throws the first failure: nothing goes on behind the caller's back.
 */
export async function forEachBounded<T>(
  all: readonly T[],
  concurrency: number,
  task: (one: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const work = async () => {
    while (next < all.length && failures.length === 0) await task(all[next++]);
  };
  const workers = Array.from({ length: Math.min(concurrency, all.length) }, () =>
    work().catch((error: unknown) => {
      failures.push(error);
    }),
  );
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
}
