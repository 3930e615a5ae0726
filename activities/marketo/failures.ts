/** How an attempt fails that Marketo does not let through. Temporal tries again, without growing the history. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ALERTING } from '../../domain/verdict.js';
import type { Answered, Ok, Refused, Retry } from './answers.js';
import type { EndpointName } from './endpoints.js';

/**
 * @returns after the wait that the answer asks for, or never for a refusal. Its message has codes only. What needs
 *   nobody's attention is benign: logged at debug level, no error in the SDK's metrics.
 */
export function failureOf(problem: Retry | Refused, endpoint: EndpointName): ApplicationFailure {
  const { reason, class: type } = problem;
  if (problem.kind === 'refused') {
    const message = `${endpoint}: ${reason}, code ${problem.code}`;
    return ApplicationFailure.create({ type, message, nonRetryable: true });
  }
  const waitMs = Math.max(1, Math.round(problem.afterMs));
  return ApplicationFailure.create({
    type,
    message: `${endpoint}: ${reason}; next attempt in ${Math.ceil(waitMs / 1000)} s`,
    nextRetryDelay: waitMs,
    ...(ALERTING.has(type) ? {} : { category: ApplicationFailureCategory.BENIGN }),
  });
}

const TOKEN_GONE_MS = 10_000;
const NOTHING: Ok = { kind: 'ok', result: [], moreResult: false, warnings: 0 };

/**
 * An answer that may say "nothing there".
 * @throws ApplicationFailure where it is no answer at all
 */
export function okOrEmpty(answered: Exclude<Answered, { kind: 'stale-token' }>, endpoint: EndpointName): Ok {
  switch (answered.kind) {
    case 'ok':
      return answered;
    case 'empty':
    case 'gone':
      return NOTHING;
    case 'bad-token': // the next attempt begins without one
      throw failureOf(
        { kind: 'retry', reason: 'marketo-unavailable', class: 'unavailable', afterMs: TOKEN_GONE_MS },
        endpoint,
      );
    case 'retry':
    case 'refused':
      throw failureOf(answered, endpoint);
  }
}
