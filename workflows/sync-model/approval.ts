/** Waiting for a person who lets a guarded plan pass or not. Silence is a no. */
import { condition, log } from '@temporalio/workflow';
import type { SyncGuards } from '../../domain/sync-model.js';
import { workflowNow } from '../shared/clock.js';

const HOUR_MS = 3_600_000;

export type Decision =
  | { readonly kind: 'approved'; readonly by: string }
  | { readonly kind: 'rejected'; readonly because: string }
  | { readonly kind: 'timed-out' };

export interface Waiting {
  readonly guards: readonly string[];
  readonly patience: Pick<SyncGuards, 'approvalWithinHours' | 'remindAfterHours'>;
  readonly decided: () => Decision | undefined;
  readonly onReminder: () => void;
}

/** Reminds whoever reads the log or the metrics of it, again and again. */
export async function awaitDecision({ guards, patience, decided, onReminder }: Waiting): Promise<Decision> {
  const endMs = workflowNow() + patience.approvalWithinHours * HOUR_MS;
  for (;;) {
    const remainingMs = endMs - workflowNow();
    if (remainingMs <= 0) return decided() ?? { kind: 'timed-out' };
    const waitMs = Math.min(remainingMs, patience.remindAfterHours * HOUR_MS);
    await condition(() => decided() !== undefined, waitMs, { summary: 'a person approves or rejects' });
    const decision = decided();
    if (decision !== undefined) return decision;
    if (workflowNow() >= endMs) continue;
    log.warn('a sync waits for an approval', { guards: guards.length });
    onReminder();
  }
}
