/** Calls that arrive while one is under way go together with the next one: for systems that are slow, or limited, per call and not per item. */

/**
 * @param work gets at most `most` items, unless one call alone has more. It runs in the context of one of its callers,
 *   for all of them: it must not end because that one is cancelled.
 * @returns settles as the work does that had the items in it
 */
export function together<T, R>(
  most: number,
  work: (items: readonly T[]) => Promise<R>,
): (items: readonly T[]) => Promise<R> {
  const waiting: Call<T, R>[] = [];
  let isWorking = false;

  const workAll = async (): Promise<void> => {
    isWorking = true;
    while (waiting.length > 0) {
      const calls = takeCalls(waiting, most);
      try {
        const result = await work(calls.flatMap(({ items }) => items));
        for (const { resolve } of calls) resolve(result);
      } catch (error) {
        for (const { reject } of calls) reject(error);
      }
    }
    isWorking = false;
  };

  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject });
      if (!isWorking) void workAll();
    });
}

interface Call<T, R> {
  readonly items: readonly T[];
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

function takeCalls<T, R>(waiting: Call<T, R>[], most: number): Call<T, R>[] {
  let count = 0;
  const fitting = waiting.findIndex(({ items }, index) => {
    count += items.length;
    return index > 0 && count > most;
  });
  return waiting.splice(0, fitting === -1 ? waiting.length : fitting);
}
