/**
 * Runs `work` and yields what it emits meanwhile; returns what it returns.
 *
 * Leaving the iteration early does not wait for the work: abort it through a signal of its own.
 */
export async function* withEmitted<Emitted, Result>(
  work: (emit: (value: Emitted) => void) => Promise<Result>,
): AsyncGenerator<Emitted, Result> {
  const emitted: Emitted[] = [];
  let wake = () => {};
  let done = false;
  const result = work((value) => {
    emitted.push(value);
    wake();
  }).finally(() => {
    done = true;
    wake();
  });
  // A rejection belongs to whoever awaits `result`, and nobody does when the consumer has left.
  result.catch(() => {});
  while (true) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    while (emitted.length > 0) yield emitted.shift() as Emitted;
    if (done) return await result;
    await woken;
  }
}
