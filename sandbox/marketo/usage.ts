/** What has been used of the limits: true sliding window, calls under way, calls and errors of the day. */
import { quotaDay } from './dates.js';
import { DOCUMENTED_LIMITS } from './settings.js';
import type { MarketoLimits, MarketoSettings } from './settings.js';

const WINDOW_MS = 20_000;
const KEPT_DAYS = 7;

export interface DayOfUse {
  readonly day: string;
  calls: number;
  readonly errors: Map<string, number>;
}

export function limitsOf({ limits }: MarketoSettings): MarketoLimits | undefined {
  if (limits === 'off') return undefined;
  return limits === 'documented' ? DOCUMENTED_LIMITS : { ...DOCUMENTED_LIMITS, ...limits };
}

export class Usage {
  /** Times of the calls within the window, ms since 1970, oldest first. */
  #recentMs: number[] = [];
  #underWay = 0;
  #days: DayOfUse[] = [];

  /** @returns the code with which a call is refused */
  refusal(nowMs: number, settings: MarketoSettings): '606' | '607' | '615' | undefined {
    const limits = limitsOf(settings);
    if (limits === undefined) return undefined;
    if (this.#underWay >= limits.concurrentCalls) return '615';
    const firstInside = this.#recentMs.findIndex((atMs) => atMs > nowMs - WINDOW_MS);
    this.#recentMs = firstInside < 0 ? [] : this.#recentMs.slice(firstInside);
    if (this.#recentMs.length >= limits.callsPer20Seconds) return '606';
    return this.today(nowMs, settings).calls >= limits.callsPerDay ? '607' : undefined;
  }

  /**
   * A call that is let through.
   * @returns what takes it back when it has failed: such calls count against neither rate nor quota
   */
  enter(nowMs: number, settings: MarketoSettings): () => void {
    this.#underWay += 1;
    if (limitsOf(settings) !== undefined) this.#recentMs.push(nowMs);
    const day = this.today(nowMs, settings);
    day.calls += 1;
    return () => {
      const index = this.#recentMs.lastIndexOf(nowMs);
      if (index >= 0) this.#recentMs.splice(index, 1);
      day.calls -= 1;
    };
  }

  countError(code: string, nowMs: number, settings: MarketoSettings): void {
    const { errors } = this.today(nowMs, settings);
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }

  leave(): void {
    this.#underWay -= 1;
  }

  today(nowMs: number, { quotaResetLateMs }: MarketoSettings): DayOfUse {
    const day = quotaDay(nowMs - quotaResetLateMs);
    const last = this.#days.at(-1);
    if (last?.day === day) return last;
    const fresh = { day, calls: 0, errors: new Map<string, number>() };
    this.#days = [...this.#days, fresh].slice(-KEPT_DAYS);
    return fresh;
  }

  days(): readonly DayOfUse[] {
    return this.#days;
  }
}
