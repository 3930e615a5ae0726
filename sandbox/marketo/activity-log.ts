/** All that has happened to leads, in the order of its dates: one second can hold many, and some come late. */
import type { FieldValue } from './interface.js';
import type { Position } from './tokens.js';

export interface Change {
  /** REST name. */
  readonly field: string;
  readonly from: FieldValue;
  readonly to: FieldValue;
}

export interface Draft {
  readonly leadId: number;
  readonly typeId: number;
  /** Whole seconds, in ms since 1970. */
  readonly atMs: number;
  readonly visibleAtMs: number;
  /** Activities of one act on one lead share a number. */
  readonly act: number;
  readonly campaignId?: number;
  readonly primaryId?: number;
  readonly primary?: string;
  readonly attributes: Readonly<Record<string, FieldValue>>;
  /** Of a 13. */
  readonly change?: Change;
}

export interface StoredActivity extends Draft {
  /** From 1, in the order of writing. */
  readonly seq: number;
}

/** What one call has looked through. */
export interface Scan {
  readonly found: readonly StoredActivity[];
  readonly end: Position;
  readonly isMore: boolean;
}

const isAfter = (activity: Position, position: Position): boolean =>
  activity.atMs > position.atMs || (activity.atMs === position.atMs && activity.seq > position.seq);

export class ActivityLog {
  readonly #all: StoredActivity[] = [];
  #written = 0;

  add(draft: Draft): StoredActivity {
    this.#written += 1;
    const activity = { ...draft, seq: this.#written };
    const last = this.#all.at(-1);
    if (last === undefined || isAfter(activity, last)) this.#all.push(activity);
    else this.#all.splice(this.#indexAfter(activity), 0, activity);
    return activity;
  }

  get written(): number {
    return this.#written;
  }

  /** In the order of their dates. */
  all(): readonly StoredActivity[] {
    return this.#all;
  }

  /** First index whose activity is after a position. */
  #indexAfter(position: Position): number {
    let low = 0;
    let high = this.#all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const activity = this.#all[middle];
      if (activity !== undefined && !isAfter(activity, position)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Looks through what is readable after a position: at most `most` activities of all types, of which it keeps at
   * most `keep`.
   */
  scan(
    position: Position,
    { nowMs, most, keep }: { nowMs: number; most: number; keep: number },
    wanted: (activity: StoredActivity) => boolean,
  ): Scan {
    const found: StoredActivity[] = [];
    let end = position;
    let scanned = 0;
    let index = this.#indexAfter(position);
    for (; index < this.#all.length && scanned < most && found.length < keep; index += 1) {
      const activity = this.#all[index];
      if (activity === undefined || activity.visibleAtMs > nowMs) continue;
      scanned += 1;
      end = { atMs: activity.atMs, seq: activity.seq };
      if (wanted(activity)) found.push(activity);
    }
    return { found, end, isMore: this.#hasVisible(index, nowMs) };
  }

  #hasVisible(from: number, nowMs: number): boolean {
    for (let index = from; index < this.#all.length; index += 1) {
      if ((this.#all[index]?.visibleAtMs ?? Infinity) <= nowMs) return true;
    }
    return false;
  }
}
