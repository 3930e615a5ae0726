/** Records of the consent log about invented people. */
import { CONSENT_OUTCOMES, CONSENT_SOURCES, type ConsentRecord } from '../../domain/consent.js';

/** A quiet Tuesday morning, ms since 1970. */
export const MORNING_MS = Date.parse('2026-03-03T08:00:00Z');

export function consentRecord(record: Partial<ConsentRecord> = {}): ConsentRecord {
  const activityAtMs = record.activityAtMs ?? MORNING_MS;
  return {
    reference: 'activity-1',
    personHash: 'personaaaaaaaaaa',
    leadId: 17,
    change: 'opt-out',
    source: CONSENT_SOURCES[0],
    activityAtMs,
    receivedAtMs: activityAtMs + 1_000,
    acknowledgedAtMs: activityAtMs + 3_000,
    verifiedAtMs: activityAtMs + 63_000,
    decidedAtMs: activityAtMs + 63_500,
    outcome: CONSENT_OUTCOMES[0],
    reason: null,
    ...record,
  };
}
