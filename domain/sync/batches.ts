/** Rows become requests: bounded by rows and by bytes, and never one person twice in one request. */

export interface BatchLimits {
  readonly rows: number;
  /** Of the items serialised, without what goes around them. */
  readonly bytes: number;
}

export interface Measured {
  /** Rows of one user go into different batches, in their order. */
  readonly user: string;
  /** Serialised size. */
  readonly bytes: number;
}

interface Batch<T> {
  readonly items: T[];
  bytes: number;
}

const SEPARATOR_BYTES = 1;

/**
 * @returns all items, each in one batch. An item over the bytes is alone in its batch. Batches are to be sent one after
 *   another where a user is in several.
 */
export function batchesOf<T>(
  items: readonly T[],
  limits: BatchLimits,
  measure: (item: T) => Measured,
): readonly (readonly T[])[] {
  const batches: Batch<T>[] = [];
  const lastOf = new Map<string, number>();
  let open = 0;
  for (const item of items) {
    const { user, bytes } = measure(item);
    let at = Math.max(open, (lastOf.get(user) ?? -1) + 1);
    while (isFull(batches[at], bytes, limits)) {
      if (at === open) open += 1;
      at += 1;
    }
    const batch = (batches[at] ??= { items: [], bytes: 0 });
    batch.items.push(item);
    batch.bytes += bytes + SEPARATOR_BYTES;
    lastOf.set(user, at);
  }
  return batches.map((batch) => batch.items);
}

function isFull<T>(batch: Batch<T> | undefined, bytes: number, limits: BatchLimits): boolean {
  if (batch === undefined) return false;
  return batch.items.length >= Math.max(1, limits.rows) || batch.bytes + bytes > limits.bytes;
}
