/** The activity `reviseEvent`: an operator corrects a parked event. */
import { ApplicationFailure } from '@temporalio/activity';
import type { Hasher } from '../../domain/person-hash.js';
import { LEAD_NAMES, parseProductEvent, type FieldError } from '../../domain/product-event.schema.js';
import { sourceEventOf } from '../../recipes/product-events.js';
import type { EventActivities } from '../iterable/contract.js';

/** Fields go by the names of either shape; null empties one. Id and time stay, the person follows the address. */
export function createReviseEvent(hasher: Hasher): EventActivities['reviseEvent'] {
  return (event, fields) => {
    const changes = Object.entries(fields).map(([name, value]) => [flatNameOf(name), value] as const);
    const parsed = parseProductEvent({ ...event.unknown, ...event.fields, ...Object.fromEntries(changes) });
    if (!parsed.ok) return Promise.reject(invalid(parsed.errors, Object.keys(fields)));
    const { fields: revised, unknown } = parsed;
    const personHash = hasher.person(revised.work_email);
    return Promise.resolve({
      ...event,
      personHash,
      sourceEvent: sourceEventOf(revised),
      fields: revised,
      unknown,
    });
  };
}

function flatNameOf(name: string): string {
  return Object.hasOwn(LEAD_NAMES, name) ? (LEAD_NAMES[name] ?? name) : name;
}

/** Names each field as the operator wrote it. The messages repeat no values. */
function invalid(errors: readonly FieldError[], sentNames: readonly string[]): ApplicationFailure {
  const faults = errors.map(({ field, message }) => {
    const sentAs = sentNames.find((name) => flatNameOf(name) === field) ?? field;
    return `${sentAs}: ${message}`;
  });
  return ApplicationFailure.create({
    type: 'invalid-input',
    nonRetryable: true,
    message: faults.join('; '),
  });
}
