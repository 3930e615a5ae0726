import { describe, expect, it } from '@jest/globals';
import {
  judgeBulkUpdate,
  judgeTrackBulk,
  type BulkJudgement,
} from '../../../activities/iterable/bulk-answers.js';
import type { SentRow } from '../../../activities/iterable/bulk-lists.js';
import type { Reply } from '../../../activities/iterable/client.js';

const MOMENT = { attempt: 1, nowMs: 0, random: 1 };
const ROWS: readonly SentRow[] = [
  { email: 'ana@example.com', dataFields: { seats: 5, address: { city: 'Lisbon' } } },
  { email: 'Ben@Example.com', dataFields: { seats: 'many', since: '2020-04-13 14:04:09.000' } },
  { email: 'cleo@example.com', userId: 'C-3', dataFields: { namespaces: [{ plan: 'a' }, { plan: 7 }] } },
];
const ok = (body: object): Reply => ({
  kind: 'answer',
  status: 200,
  body: { successCount: 3, failCount: 0, ...body },
});
const refused = (status: number, code: string, params: unknown = null, msg = ''): Reply => ({
  kind: 'answer',
  status,
  body: { msg, code, params },
});
const named = (list: string, ...who: string[]): Reply =>
  ok({ successCount: 2, failCount: 1, failedUpdates: { [list]: who } });

/** `d` delivered, `u` unchanged, else the reason. */
function brief(judged: BulkJudgement): unknown {
  if (judged.kind !== 'answered') return judged;
  return judged.outcomes.map((outcome) => ('reason' in outcome ? outcome.reason : outcome.kind.charAt(0)));
}

describe('an answer to users/bulkUpdate, row by row', () => {
  it.each<[string, Reply, readonly string[]]>([
    ['all is well', ok({}), ['d', 'd', 'd']],
    ['lists in another case', named('invalidEmails', 'BEN@example.COM'), ['d', 'invalid-email', 'd']],
    ['forgotten', named('forgottenEmails', 'ana@example.com'), ['forgotten-user', 'd', 'd']],
    ['not found', named('notFoundEmails', 'ana@example.com'), ['not-in-iterable', 'd', 'd']],
    ['conflict', named('conflictUserIds', 'C-3'), ['d', 'd', 'identity-conflict']],
    [
      'user ids are exact',
      named('conflictUserIds', 'c-3'),
      ['failure-unexplained', 'failure-unexplained', 'failure-unexplained'],
    ],
    ['invalid data', named('invalidDataEmails', 'cleo@example.com'), ['d', 'd', 'invalid-data']],
    [
      'the deprecated list alone',
      ok({ failCount: 1, invalidEmails: ['ana@example.com'] }),
      ['invalid-email', 'd', 'd'],
    ],
    ['nothing to do', ok({ noOpEmails: ['ana@example.com'] }), ['u', 'd', 'd']],
    [
      'a failure without a name',
      ok({ failCount: 1, noOpEmails: ['ana@example.com'] }),
      ['u', 'failure-unexplained', 'failure-unexplained'],
    ],
    [
      'a field that was dropped',
      ok({ filteredOutFields: ['namespaces.plan'] }),
      ['d', 'd', 'field-not-created'],
    ],
    ['lists that are null', ok({ failedUpdates: null, noOpEmails: null }), ['d', 'd', 'd']],
  ])('%s', (_, reply, expected) => {
    expect(brief(judgeBulkUpdate(reply, ROWS, MOMENT))).toEqual(expected);
  });

  it('finds a row by the identity in its fields', () => {
    const rows = [{ email: 'old@example.com', dataFields: { email: 'New@example.com', userId: 'N' } }];
    expect(brief(judgeBulkUpdate(named('invalidEmails', 'new@example.com'), rows, MOMENT))).toEqual([
      'invalid-email',
    ]);
    expect(brief(judgeBulkUpdate(named('conflictUserIds', 'N'), rows, MOMENT))).toEqual([
      'identity-conflict',
    ]);
  });

  const mismatch = (
    errors: Record<string, unknown>,
    status = 400,
    code = 'RequestFieldsTypesMismatched',
  ): Reply => refused(status, code, { validationErrors: errors });
  it.each<[string, Reply, unknown]>([
    ['too many rows', refused(400, 'BatchTooLarge'), { kind: 'too-large' }],
    [
      'too many bytes',
      { kind: 'answer', status: 413, body: 'Request Entity Too Large' },
      { kind: 'too-large' },
    ],
    [
      'too many rows, under the code of a success',
      refused(400, 'Success', null, 'Batch of 3 is larger than 2'),
      { kind: 'too-large' },
    ],
    [
      'a type, by its pointer',
      mismatch({ 'user:::seats': { offendingValue: 'many' } }),
      { kind: 'refused', reason: 'field-type-mismatch', class: 'rejected', culprits: [1] },
    ],
    [
      'a type within an array',
      mismatch({ 'user:::namespaces.plan': { offendingValue: 7 } }),
      { kind: 'refused', reason: 'field-type-mismatch', class: 'rejected', culprits: [2] },
    ],
    [
      'a type within an object, under the code of a success',
      mismatch({ 'user:::address.city': { offendingValue: 'Lisbon' } }, 400, 'Success'),
      { kind: 'refused', reason: 'field-type-mismatch', class: 'rejected', culprits: [0] },
    ],
    [
      'two types at once',
      mismatch({
        'user:::seats': { offendingValue: 5 },
        'user:::since': { offendingValue: '2020-04-13 14:04:09.000' },
      }),
      { kind: 'refused', reason: 'field-type-mismatch', class: 'rejected', culprits: [0, 1] },
    ],
    [
      'a pointer that leads nowhere',
      mismatch({ 'user:::seats': { offendingValue: 6 } }),
      { kind: 'refused', reason: 'field-type-mismatch', class: 'rejected', culprits: [] },
    ],
    [
      'a full project',
      refused(400, 'UniqueFieldsLimitExceeded'),
      { kind: 'retry', class: 'auth', reason: 'field-limit-exceeded', afterMs: 300_000 },
    ],
    [
      'a wait',
      refused(429, 'RateLimitExceeded', { rateLimitReset: '2' }),
      { kind: 'retry', class: 'rate-limited', reason: 'rate-limited', afterMs: 2_000 },
    ],
    [
      'a failure inside',
      { kind: 'answer', status: 503, body: 'Service Unavailable' },
      { kind: 'retry', class: 'unavailable', reason: 'unavailable', afterMs: 1_000 },
    ],
    [
      'a bad key',
      refused(401, 'BadApiKey'),
      { kind: 'retry', class: 'auth', reason: 'bad-credentials', afterMs: 300_000 },
    ],
    [
      'a conflict of one row',
      refused(409, 'ExternalKeyConflict'),
      { kind: 'refused', reason: 'identity-conflict', class: 'rejected', culprits: [] },
    ],
    [
      'no connection',
      { kind: 'no-answer', cause: 'unsent' },
      { kind: 'retry', class: 'unavailable', reason: 'unreachable', afterMs: 1_000 },
    ],
    ['no answer', { kind: 'no-answer', cause: 'timeout' }, { kind: 'lost', class: 'unavailable' }],
    ['a cut answer', { kind: 'no-answer', cause: 'connection' }, { kind: 'lost', class: 'unavailable' }],
    [
      'accepted, and nothing said',
      { kind: 'answer', status: 202, body: '' },
      { kind: 'lost', class: 'unavailable' },
    ],
  ])('%s', (_, reply, expected) => {
    expect(judgeBulkUpdate(reply, ROWS, MOMENT)).toEqual(expected);
  });

  it.each([0, 1])('checks the hint of a malformed body, whose first row is %i', (base) => {
    const rows = [
      { email: 'ana@example.com', preferUserId: true },
      { email: 'ben@example.com', preferUserId: 'yes' },
      { email: 'cleo@example.com', preferUserId: false },
    ];
    const params = { [`obj.users[${1 + base}].preferUserId`]: 'Boolean value expected' };
    expect(judgeBulkUpdate(refused(400, 'BadJsonBody', params), rows, MOMENT)).toMatchObject({
      culprits: [1],
    });
  });

  it('names nobody when the hint of a malformed body fits nobody', () => {
    const params = { 'obj.users[1].dataFields': 'Object value expected' };
    expect(judgeBulkUpdate(refused(400, 'BadJsonBody', params), ROWS, MOMENT)).toMatchObject({
      culprits: [],
    });
  });
});

describe('an answer to events/trackBulk', () => {
  const events = ROWS.map((row, n) => ({ ...row, eventName: n === 2 ? 'blocked' : 'visited' }));

  it.each<[string, Reply, readonly string[]]>([
    ['nobody there', named('notFoundEmails', 'ben@example.com'), ['d', 'not-in-iterable', 'd']],
    [
      'nobody there, in the deprecated list',
      ok({ failCount: 1, invalidUserIds: ['C-3'] }),
      ['d', 'd', 'not-in-iterable'],
    ],
    [
      'a blocked name that counts as a failure',
      ok({ failCount: 1, disallowedEventNames: ['blocked'] }),
      ['d', 'd', 'event-name-disallowed'],
    ],
    [
      'a blocked name that does not',
      ok({ disallowedEventNames: ['blocked'] }),
      ['d', 'd', 'event-name-disallowed'],
    ],
  ])('%s', (_, reply, expected) => {
    expect(brief(judgeTrackBulk(reply, events, MOMENT))).toEqual(expected);
  });
});
