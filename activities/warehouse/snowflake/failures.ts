/** How a call of the warehouse fails: by class, reason and Snowflake's own code, without text of a statement or answer. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ALERTING } from '../../../domain/verdict.js';
import type { Refusal } from './answers.js';

/** @returns retryable where the refusal names a wait; what needs nobody's attention is benign */
export function failureOf({ class: type, reason, afterMs, code, sqlState }: Refusal): ApplicationFailure {
  const codes = [code, sqlState].filter((each) => each !== undefined).join(', ');
  return ApplicationFailure.create({
    type,
    message: `Snowflake: ${reason}${codes === '' ? '' : ` (${codes})`}`,
    details: [
      { reason, ...(code === undefined ? {} : { code }), ...(sqlState === undefined ? {} : { sqlState }) },
    ],
    nonRetryable: afterMs === undefined,
    ...(afterMs === undefined ? {} : { nextRetryDelay: afterMs }),
    ...(afterMs === undefined || ALERTING.has(type) ? {} : { category: ApplicationFailureCategory.BENIGN }),
  });
}
