interface Version<T> {
  readonly value: T;
  readonly readableAtMs: number;
}

const NONE: readonly Version<never>[] = [];

/** A value whose writes are accepted at once and readable later. Times are ms since 1970. */
export class Delayed<T> {
  #latest: Version<T>;
  #earlier: readonly Version<T>[] = NONE;

  constructor(value: T, readableAtMs: number) {
    this.#latest = { value, readableAtMs };
  }

  /** As last written, readable or not. */
  get latest(): T {
    return this.#latest.value;
  }

  write(value: T, nowMs: number, readableAtMs: number): void {
    if (readableAtMs <= nowMs) this.#earlier = NONE;
    else {
      const versions = [...this.#earlier, this.#latest];
      const oldest = versions.findLastIndex((version) => version.readableAtMs <= nowMs);
      this.#earlier = versions.slice(Math.max(0, oldest));
    }
    this.#latest = { value, readableAtMs };
  }

  readable(nowMs: number): T | undefined {
    if (this.#latest.readableAtMs <= nowMs) return this.#latest.value;
    return this.#earlier.findLast((version) => version.readableAtMs <= nowMs)?.value;
  }
}
