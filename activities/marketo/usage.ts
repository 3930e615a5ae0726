/**
 * The calls of the day, which everybody who uses the Marketo instance shares. From four fifths on, what is left is kept
 * for unsubscribes: comparisons and extracts wait until the quota is counted anew.
 */
import type { Connection } from './connection.js';
import { untilMidnightMs, type Retry } from './answers.js';
import { nextCentralMidnightMs } from './dates.js';
import { PRIORITY } from './limits.js';
import { marketoMetrics } from './metrics.js';
import { Usage } from './shapes.js';

/** What Marketo usually sells; an instance may have more. */
export const USUAL_DAILY_CALLS = 50_000;
const KEPT_FROM = 0.8;
const WATCHED_EVERY_MS = 600_000;

export interface UsageWatch {
  /** Reads and publishes the usage, at most every ten minutes. A problem with that is nobody's. */
  readonly watch: () => Promise<void>;
  /** Nothing while there are calls for everybody; else how long others than unsubscribes have to wait. */
  readonly shortage: () => Promise<Retry | undefined>;
}

export interface UsageParts {
  readonly connection: Connection;
  readonly dailyCalls: number;
  /** ms since 1970 */
  readonly now: () => number;
  /** 0 to 1 */
  readonly random: () => number;
}

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/endpoint-reference `stats/usage.json` */
export function createUsageWatch({ connection, dailyCalls, now, random }: UsageParts): UsageWatch {
  let known = { calls: 0, untilMs: -Infinity };
  const watch = async (): Promise<void> => {
    const nowMs = now();
    if (nowMs < known.untilMs) return;
    const answered = await connection.ask({ endpoint: 'usage' }, { priority: PRIORITY.background });
    const usage = Usage.safeParse(answered.kind === 'ok' ? answered.result[0] : undefined);
    // Unknown counts as none used: a gauge that is out of order stops nothing.
    const calls = usage.success ? usage.data.total : 0;
    known = { calls, untilMs: Math.min(nowMs + WATCHED_EVERY_MS, nextCentralMidnightMs(nowMs)) };
    if (usage.success) marketoMetrics().quotaUsed(calls);
  };
  return {
    watch,
    shortage: async () => {
      await watch();
      if (known.calls < dailyCalls * KEPT_FROM) return undefined;
      const afterMs = untilMidnightMs({ nowMs: now(), random: random() });
      return { kind: 'retry', reason: 'marketo-quota-kept', class: 'rate-limited', afterMs };
    },
  };
}
