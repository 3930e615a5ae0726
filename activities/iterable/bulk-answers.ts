/**
 * What Iterable's answers to bulk requests mean, row by row: pure functions, tested as a table. A refusal of the whole
 * request names the rows at fault where the answer itself points at them.
 * @see https://support.iterable.com/hc/en-us/articles/39629320560148 the codes
 * @see https://api.iterable.com/api/docs#users_bulkUpdateUser the lists
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Reason } from '../../domain/reasons.js';
import { LONGEST_WAIT_MS, refusalOf, type Moment, type Retry } from './answers.js';
import { BulkBody, outcomesOf, type RowOutcome, type SentRow } from './bulk-lists.js';
import type { Answer, Reply } from './client.js';
import { valuesAt } from './field-paths.js';

export type BulkJudgement =
  /** Taken; one outcome per row, in order. */
  | { readonly kind: 'answered'; readonly outcomes: readonly RowOutcome[] }
  | { readonly kind: 'too-large' }
  /** Not one row was applied, for the sake of some. */
  | {
      readonly kind: 'refused';
      readonly reason: Reason;
      readonly class: 'rejected';
      readonly culprits: readonly number[];
    }
  /** Sent, perhaps applied, and no answer. */
  | { readonly kind: 'lost'; readonly class: 'unavailable' }
  | Retry;

const LOST: BulkJudgement = { kind: 'lost', class: 'unavailable' };

const Mismatches = z.looseObject({
  params: z.looseObject({
    validationErrors: z.record(
      z.string(),
      z.looseObject({
        offendingValue: z.unknown(),
        incomingTypes: z.array(z.string()).nullish().catch(undefined),
      }),
    ),
  }),
});
const BadJson = z.looseObject({ code: z.literal('BadJsonBody'), params: z.record(z.string(), z.string()) });
const Said = z.looseObject({
  code: z.string().nullish().catch(undefined),
  msg: z.string().nullish().catch(undefined),
});

/** Reply to `bulkUpdateUsers` or `leaveList`. @param rows as they were sent */
export function judgeBulkUpdate(reply: Reply, rows: readonly SentRow[], moment: Moment): BulkJudgement {
  return judgeBulk(reply, rows, moment);
}

/** Reply to `trackEvents`, whose deprecated `invalidUserIds` names people who were not found. */
export function judgeTrackBulk(reply: Reply, rows: readonly SentRow[], moment: Moment): BulkJudgement {
  return judgeBulk(reply, rows, moment, ({ invalidUserIds, ...body }) => ({
    ...body,
    failedUpdates: {
      ...body.failedUpdates,
      notFoundUserIds: [...(body.failedUpdates?.notFoundUserIds ?? []), ...(invalidUserIds ?? [])],
    },
  }));
}

function judgeBulk(
  reply: Reply,
  rows: readonly SentRow[],
  moment: Moment,
  read: (body: BulkBody) => BulkBody = (body) => body,
): BulkJudgement {
  if (reply.kind === 'no-answer' && reply.cause !== 'unsent') return LOST;
  if (reply.kind === 'answer' && isTooLarge(reply)) return { kind: 'too-large' };
  const refusal = refusalOf(reply, moment);
  if (refusal?.kind === 'retry') return refusal;
  const body = reply.kind === 'answer' ? reply.body : undefined;
  if (refusal !== undefined) return refusedFor(refusal.reason, body, rows);
  const parsed = BulkBody.safeParse(body);
  // Taken, but nothing readable about the rows: each of them may or may not have been applied.
  return parsed.success ? { kind: 'answered', outcomes: outcomesOf(read(parsed.data), rows) } : LOST;
}

function refusedFor(reason: Reason, body: unknown, rows: readonly SentRow[]): BulkJudgement {
  // Nothing that any row could help: the project is full.
  if (reason === 'field-limit-exceeded')
    return { kind: 'retry', reason, class: 'auth', afterMs: LONGEST_WAIT_MS };
  const mismatches = Mismatches.safeParse(body);
  if (mismatches.success) {
    const culprits = mismatched(mismatches.data.params.validationErrors, rows);
    return refused('field-type-mismatch', culprits);
  }
  const badJson = BadJson.safeParse(body);
  return refused(reason, badJson.success ? malformed(badJson.data.params, rows) : []);
}

const refused = (reason: Reason, culprits: readonly number[]): BulkJudgement => ({
  kind: 'refused',
  reason,
  class: 'rejected',
  culprits,
});

/** Some refusals carry the code of a success; then the text has to do. */
function isTooLarge({ status, body }: Answer): boolean {
  if (status === 413) return true;
  const said = Said.safeParse(body);
  const { code, msg } = said.success ? said.data : {};
  return status === 400 && (code === 'BatchTooLarge' || /batch.*(too large|larger than)/i.test(msg ?? ''));
}

type Errors = z.infer<typeof Mismatches>['params']['validationErrors'];

/**
 * Rows with the value that does not fit, in the field that the answer names. One value is named per field: rows whose
 * value is wrong in another way come to light with the next request.
 */
function mismatched(errors: Errors, rows: readonly SentRow[]): readonly number[] {
  const wanted = Object.entries(errors).map(([key, { offendingValue }]) => ({
    path: key.slice(key.includes(':::') ? key.indexOf(':::') + 3 : 0),
    offendingValue,
  }));
  return indexesWhere(rows, ({ dataFields }) =>
    wanted.some(({ path, offendingValue }) =>
      valuesAt(dataFields, path).some((value) => isOrHolds(value, offendingValue)),
    ),
  );
}

/** Of an array, Iterable may name the whole or the element that does not fit. */
function isOrHolds(value: unknown, wanted: unknown): boolean {
  if (isDeepStrictEqual(value, wanted)) return true;
  return Array.isArray(value) && value.some((element) => isDeepStrictEqual(element, wanted));
}

const PLACE = /\[(\d+)\]\.(.+)$/;
const EXPECTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  'Number value expected': (value) => typeof value === 'number',
  'Boolean value expected': (value) => typeof value === 'boolean',
  'String value expected': (value) => typeof value === 'string',
};

/**
 * Answers disagree on whether the first row is 0 or 1: of the two rows that `obj.users[1].x` can mean it is the one
 * whose value there is not what was expected. Where that is both or neither, nobody is named.
 */
function malformed(params: Readonly<Record<string, string>>, rows: readonly SentRow[]): readonly number[] {
  const culprits = Object.entries(params).map(([place, expectation]) => {
    const [, index = '', path = ''] = PLACE.exec(place) ?? [];
    const fits = EXPECTED[expectation];
    if (index === '' || fits === undefined) return [];
    const candidates = [Number(index) - 1, Number(index)].filter((at) =>
      valuesAt(rows[at], path).some((value) => !fits(value)),
    );
    return candidates.length === 1 ? candidates : [];
  });
  return [...new Set(culprits.flat())];
}

function indexesWhere<T>(all: readonly T[], holds: (one: T) => boolean): readonly number[] {
  return all.flatMap((one, index) => (holds(one) ? [index] : []));
}
