/**
 * Why a row of a sync was not delivered. Beside these a row carries one of `domain/reasons.ts`, where Iterable said no.
 * docs/models.md lists them.
 */
import { describeReason } from '../reasons.js';

export const ROW_REASONS = {
  'not-in-iterable': 'Nobody at Iterable has this address, and the model only updates. Tried again when due.',
  'no-address': 'The column with the address is NULL or empty.',
  'not-a-whole-number': 'An `integer` column holds something else.',
  'not-a-number': 'A `decimal` column holds something else.',
  'number-not-exact': 'A number has more digits than JSON carries exactly: send it as text.',
  'not-true-or-false': 'A `flag` column holds something else.',
  'not-a-day': 'A `day` column holds no calendar day.',
  'not-a-time': 'An `instant` column holds no time.',
  'not-json': 'A `json` column holds no JSON.',
  'not-sent': 'The run ended before the row was sent. The next run plans it again.',
} as const;
export type RowReason = keyof typeof ROW_REASONS;

/** Total, also for reasons of a release that is gone. */
export function describeRowReason(reason: string): string {
  return isRowReason(reason) ? ROW_REASONS[reason] : describeReason(reason).meaning;
}

function isRowReason(value: string): value is RowReason {
  return Object.hasOwn(ROW_REASONS, value);
}
