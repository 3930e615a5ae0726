/** Writes that arrive while one is under way go together with the next one: a warehouse is slow per statement, not per row. */

/**
 * @param write gets at most `most` items, unless one call alone has more
 * @returns settles as the write does that had the items in it
 */
export function writeTogether<T>(
  most: number,
  write: (items: readonly T[]) => Promise<void>,
): (items: readonly T[]) => Promise<void> {
  const waiting: Call<T>[] = [];
  let isWriting = false;

  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      const calls = takeCalls(waiting, most);
      try {
        await write(calls.flatMap(({ items }) => items));
        for (const { resolve } of calls) resolve();
      } catch (error) {
        for (const { reject } of calls) reject(error);
      }
    }
    isWriting = false;
  };

  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject });
      if (!isWriting) void writeAll();
    });
}

interface Call<T> {
  readonly items: readonly T[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function takeCalls<T>(waiting: Call<T>[], most: number): Call<T>[] {
  let count = 0;
  const fitting = waiting.findIndex(({ items }, index) => {
    count += items.length;
    return index > 0 && count > most;
  });
  return waiting.splice(0, fitting === -1 ? waiting.length : fitting);
}
