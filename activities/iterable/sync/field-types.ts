/** The types that Iterable's profile fields have, for whoever plans a sync. */
import { z } from 'zod';
import { refusalOf, unavailable, type Moment, type Rejected, type Retry } from '../answers.js';
import { startAttempt, type Tools } from '../attempt.js';
import type { Reply } from '../client.js';
import { nothingAchieved } from '../failures.js';
import { conclude } from './conclude.js';

const Body = z.looseObject({ fields: z.record(z.string(), z.string()) });

/** Type by field, with dots between the names of nested ones. */
export type FieldTypes = Readonly<Record<string, string>>;

/**
 * Within an activity. @returns a function that asks Iterable each time
 * @throws ApplicationFailure `unavailable`, `rate-limited` or `auth`, retryable
 * @see https://api.iterable.com/api/docs#users_getFields 3 a second
 */
export function createFieldTypes(tools: Tools): () => Promise<FieldTypes> {
  return async () => {
    const attempt = startAttempt(tools);
    try {
      const found = await attempt.ask('getUserFields', { query: {} }, judgeFields);
      if (found.kind === 'found') return found.fields;
      if (found.kind === 'retry') conclude(found, attempt);
      throw nothingAchieved([{ kind: 'retry', reason: found.reason, class: 'auth', afterMs: 60_000 }], 0);
    } finally {
      attempt.end();
    }
  };
}

/** Reply to `getUserFields`. */
export function judgeFields(
  reply: Reply,
  moment: Moment,
): { readonly kind: 'found'; readonly fields: FieldTypes } | Rejected | Retry {
  const refusal = refusalOf(reply, moment);
  if (refusal !== undefined) return refusal;
  const parsed = Body.safeParse(reply.kind === 'answer' ? reply.body : undefined);
  return parsed.success ? { kind: 'found', fields: parsed.data.fields } : unavailable(undefined, moment);
}
