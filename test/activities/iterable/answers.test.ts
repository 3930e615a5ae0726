import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judgeTrack, judgeUpdate, judgeUser, type Moment } from '../../../activities/iterable/answers.js';
import type { Answer, Reply } from '../../../activities/iterable/client.js';
import {
  judgeChannels,
  judgeSubscriber,
  judgeSubscriptions,
  judgeTargeted,
  judgeTypes,
} from '../../../activities/iterable/subscription-answers.js';

const ALL_JUDGES = [
  judgeUpdate,
  judgeTrack,
  judgeUser,
  judgeSubscriptions,
  judgeTargeted,
  judgeSubscriber,
  judgeTypes,
  judgeChannels,
];
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const moment: Moment = { attempt: 1, nowMs: NOW_MS, random: 1 };

const answer = (status: number, body: unknown = '', retryAfter?: string): Answer =>
  retryAfter === undefined ? { kind: 'answer', status, body } : { kind: 'answer', status, body, retryAfter };
const code = (name: string, msg = 'a text that may name robin@example.com'): object => ({
  msg,
  code: name,
  params: null,
});

const delivered = { kind: 'delivered' };
const rejected = (reason: string): object => ({ kind: 'rejected', reason, class: 'rejected' });
const retry = (reason: string, failureClass: string, afterMs: number): object => ({
  kind: 'retry',
  reason,
  class: failureClass,
  afterMs,
});
const unavailable = retry('unavailable', 'unavailable', 1_000);
const badKey = retry('bad-credentials', 'auth', 300_000);
const MISSING_PATH = retry('endpoint-not-found', 'auth', 300_000);
const limited = (afterMs: number): object => retry('rate-limited', 'rate-limited', afterMs);

/** What every call makes of an answer: [what it is, the reply, the verdict]. */
const FOR_ALL: readonly (readonly [string, Reply, object])[] = [
  // 2xx
  ['200 Success', answer(200, code('Success')), delivered],
  [
    '200 without params',
    answer(200, { msg: 'User successfully created/updated.', code: 'Success' }),
    delivered,
  ],
  ['200 with keys nobody knows', answer(200, { code: 'Success', more: { of: 'this' } }), delivered],
  ['201', answer(201, code('Success')), delivered],
  ['202 with nothing', answer(202), delivered],
  ['202 Accepted', answer(202, code('Accepted')), delivered],
  ['200 that is HTML', answer(200, '<html><title>Iterable</title></html>'), unavailable],
  ['200 with nothing', answer(200), unavailable],
  ['200 with half an object', answer(200, '{"msg":"User succ'), unavailable],
  ['200 with a number', answer(200, 7), unavailable],
  ['200 that refuses by code', answer(200, code('ForgottenUserError')), rejected('forgotten-user')],
  // 3xx
  ['301', answer(301), MISSING_PATH],
  // 400 by code
  [
    '400 Success',
    answer(400, code('Success', 'error.lists.invalidListId(999999999)')),
    rejected('request-refused'),
  ],
  [
    '400 BadJsonBody',
    answer(400, { ...code('BadJsonBody'), params: { obj: 'x' } }),
    rejected('request-refused'),
  ],
  ['400 BadParams', answer(400, code('BadParams')), rejected('request-refused')],
  ['400 BatchTooLarge', answer(400, code('BatchTooLarge')), rejected('body-too-large')],
  [
    '400 RequestFieldsTypesMismatched',
    answer(400, code('RequestFieldsTypesMismatched')),
    rejected('field-type-mismatch'),
  ],
  [
    '400 UniqueFieldsLimitExceeded',
    answer(400, code('UniqueFieldsLimitExceeded')),
    rejected('field-limit-exceeded'),
  ],
  ['400 InvalidEmailAddressError', answer(400, code('InvalidEmailAddressError')), rejected('invalid-email')],
  ['400 InvalidUserIdError', answer(400, code('InvalidUserIdError')), rejected('invalid-user-id')],
  ['400 EmailAlreadyExists', answer(400, code('EmailAlreadyExists')), rejected('identity-conflict')],
  ['400 UserIdAlreadyExists', answer(400, code('UserIdAlreadyExists')), rejected('identity-conflict')],
  ['400 ForgottenUserError', answer(400, code('ForgottenUserError')), rejected('forgotten-user')],
  ['400 QueueEmailError', answer(400, code('QueueEmailError')), rejected('request-refused')],
  ['400 with a code from the future', answer(400, code('SomethingNew')), rejected('request-refused')],
  ['400 with a code named like a property', answer(400, code('constructor')), rejected('request-refused')],
  ['400 as text', answer(400, 'Bad Request'), rejected('request-refused')],
  ['400 BadApiKey', answer(400, code('BadApiKey')), badKey],
  // 401, 403
  [
    '401 BadApiKey',
    answer(401, { ...code('BadApiKey'), params: { ip: '192.0.2.1', endpoint: '/api' } }),
    badKey,
  ],
  ['401 Success', answer(401, code('Success')), badKey],
  ['401 as text', answer(401, 'Unauthorized'), badKey],
  ['403 Forbidden', answer(403, code('Forbidden')), badKey],
  ['403 as text', answer(403, 'no'), badKey],
  ['403 ForbiddenParamsError', answer(403, code('ForbiddenParamsError')), rejected('request-refused')],
  // 404
  ['404 as HTML', answer(404, '<title>Action not found</title>'), MISSING_PATH],
  ['404 NotFound', answer(404, code('NotFound')), MISSING_PATH],
  [
    '404 in the other envelope',
    answer(404, { error: 'NotFound', message: 'no', code: 'error.catalogs.notFound', data: {} }),
    MISSING_PATH,
  ],
  // 408, 409, 413
  ['408', answer(408), unavailable],
  ['409 ForgottenUserError', answer(409, code('ForgottenUserError')), rejected('forgotten-user')],
  ['409 that only says forgotten', answer(409, { msg: 'User was forgotten' }), rejected('forgotten-user')],
  [
    '409 that says forgotten in the other envelope',
    answer(409, { message: 'Forgotten user' }),
    rejected('forgotten-user'),
  ],
  ['409 ExternalKeyConflict', answer(409, code('ExternalKeyConflict')), rejected('identity-conflict')],
  ['409 Conflict', answer(409, code('Conflict')), rejected('identity-conflict')],
  ['409 without a code', answer(409, ''), rejected('identity-conflict')],
  ['413', answer(413, '<html>too large</html>'), rejected('body-too-large')],
  // 429
  ['429 with bare params', answer(429, { ...code('RateLimitExceeded'), params: {} }), limited(1_000)],
  ['429 as text', answer(429, 'Rate limit exceeded. Please try again later.'), limited(1_000)],
  [
    '429 with a reset as number',
    answer(429, { ...code('RateLimitExceeded'), params: { rateLimitReset: 7 } }),
    limited(7_000),
  ],
  [
    '429 with a reset as text',
    answer(429, { ...code('RateLimitExceeded'), params: { rateLimitReset: '7.5' } }),
    limited(7_500),
  ],
  [
    '429 with a senseless reset',
    answer(429, { ...code('RateLimitExceeded'), params: { rateLimitReset: 'soon' } }),
    limited(1_000),
  ],
  [
    '429 with a reset of null',
    answer(429, { ...code('RateLimitExceeded'), params: { rateLimitReset: null } }),
    limited(1_000),
  ],
  [
    '429 with an endless reset',
    answer(429, { ...code('RateLimitExceeded'), params: { rateLimitReset: 1e9 } }),
    limited(300_000),
  ],
  [
    '429 that resets at once',
    answer(429, { ...code('RateLimitExceeded'), params: { rateLimitReset: 0 } }),
    limited(100),
  ],
  ['429, Retry-After in seconds', answer(429, '', '12'), limited(12_000)],
  ['429, Retry-After as a date', answer(429, '', 'Sun, 01 Mar 2026 12:00:20 GMT'), limited(20_000)],
  ['429, Retry-After in the past', answer(429, '', 'Sun, 01 Mar 2026 11:00:00 GMT'), limited(100)],
  ['429, Retry-After unreadable', answer(429, '', 'later'), limited(1_000)],
  [
    '429 with both: the reset counts',
    answer(429, { ...code('RateLimitExceeded'), params: { rateLimitReset: 3 } }, '12'),
    limited(3_000),
  ],
  // 5xx
  ['500 GenericError', answer(500, code('GenericError')), unavailable],
  ['500 DatabaseError', answer(500, code('DatabaseError')), unavailable],
  ['500 QueueEmailError', answer(500, code('QueueEmailError')), unavailable],
  ['500 with the code of a refusal', answer(500, code('InvalidEmailAddressError')), unavailable],
  ['502 as HTML', answer(502, '<html>Bad Gateway</html>'), unavailable],
  ['503, Retry-After', answer(503, '', '30'), retry('unavailable', 'unavailable', 30_000)],
  ['504', answer(504), unavailable],
  // No answer
  ['a timeout', { kind: 'no-answer', cause: 'timeout' }, retry('unreachable', 'unavailable', 1_000)],
  [
    'a cut connection',
    { kind: 'no-answer', cause: 'connection' },
    retry('unreachable', 'unavailable', 1_000),
  ],
];

describe('what an answer means', () => {
  it.each(FOR_ALL)('%s', (_, reply, verdict) => {
    expect(judgeUpdate(reply, moment)).toEqual(verdict);
    expect(judgeTrack(reply, moment)).toEqual(verdict);
    expect(judgeSubscriptions(reply, moment)).toEqual(verdict);
    const is404 = reply.kind === 'answer' && reply.status === 404;
    if (!is404) expect(judgeTargeted(reply, moment)).toEqual(verdict);
    if (verdict === delivered) return;
    for (const judge of [judgeUser, judgeSubscriber, judgeTypes, judgeChannels]) {
      expect(judge(reply, moment)).toEqual(verdict);
    }
  });
});

const UNKNOWN_USER: readonly (readonly [string, Answer])[] = [
  ['UnknownEmailError', answer(400, code('UnknownEmailError'))],
  ['UnknownUserIdError', answer(400, code('UnknownUserIdError'))],
  [
    'BadParams that says so',
    answer(400, code('BadParams', 'User does not exist. Email: robin@example.com UserId: ')),
  ],
  [
    'noUserWithIdExists',
    answer(404, { error: 'NotFound', message: '', code: 'error.users.noUserWithIdExists' }),
  ],
];

describe('a person whom Iterable does not know', () => {
  it.each(UNKNOWN_USER)('an event waits a minute for the profile: %s', (_, reply) => {
    expect(judgeTrack(reply, moment)).toEqual(retry('profile-not-visible', 'unavailable', 60_000));
  });

  it.each(UNKNOWN_USER)('a read finds nobody: %s', (_, reply) => {
    expect(judgeUser(reply, moment)).toEqual({ kind: 'unknown-user' });
  });

  it.each([
    ['an empty object', {}],
    ['a null user', { user: null }],
    ['an empty user', { user: {} }],
  ])('a read finds nobody: 200 with %s', (_, body) => {
    expect(judgeUser(answer(200, body), moment)).toEqual({ kind: 'unknown-user' });
  });

  it('a profile update creates people, so there it is a refusal', () => {
    expect(judgeUpdate(answer(400, code('UnknownEmailError')), moment)).toEqual(rejected('request-refused'));
  });
});

describe('reading a user', () => {
  it.each([
    [
      'all of it',
      { email: 'robin@example.com', userId: '7', dataFields: { a: 1 } },
      { userId: '7', dataFields: { a: 1 } },
    ],
    ['no address, in projects by user id', { userId: '7' }, { userId: '7', dataFields: {} }],
    ['no fields', { email: 'robin@example.com' }, { dataFields: {} }],
    ['a user id of another type', { email: 'robin@example.com', userId: 7 }, { dataFields: {} }],
  ])('%s', (_, user, stored) => {
    expect(judgeUser(answer(200, { user }), moment)).toEqual({ kind: 'user', user: stored });
  });

  it('a 200 with something else where the user belongs is unreadable', () => {
    expect(judgeUser(answer(200, { user: 'robin' }), moment)).toEqual(unavailable);
  });
});

describe('an event name that the project blocks', () => {
  it('is a refusal inside a 200', () => {
    const reply = answer(
      200,
      code('Success', 'Event with name: SaaS Trials Event is disallowed from tracking.'),
    );
    expect(judgeTrack(reply, moment)).toEqual(rejected('event-name-disallowed'));
  });
});

describe('waits', () => {
  it('grow from one second to five minutes, half of it spread', () => {
    const waits = (random: number): unknown[] =>
      [1, 2, 3, 9, 10, 5_000].map((attempt) => judgeUpdate(answer(503), { attempt, nowMs: 0, random }));
    expect(waits(1)).toEqual(
      [1_000, 2_000, 4_000, 256_000, 300_000, 300_000].map((afterMs) =>
        retry('unavailable', 'unavailable', afterMs),
      ),
    );
    expect(waits(0)).toEqual(
      [500, 1_000, 2_000, 128_000, 150_000, 150_000].map((afterMs) =>
        retry('unavailable', 'unavailable', afterMs),
      ),
    );
  });

  it('stay within 0.1 s and 5 min for any answer; no answer makes a judge throw or repeat what it says', () => {
    const bodies = fc.oneof(
      fc.anything(),
      fc.record({
        code: fc.anything(),
        msg: fc.anything(),
        params: fc.record({ rateLimitReset: fc.anything() }),
      }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        bodies,
        fc.string(),
        fc.nat(),
        (status, body, header, nowMs) => {
          for (const judge of ALL_JUDGES) {
            const verdict = judge(answer(status, body, header), { attempt: 3, nowMs, random: 0.5 });
            if (verdict.kind !== 'retry') continue;
            expect(verdict.afterMs).toBeGreaterThanOrEqual(100);
            expect(verdict.afterMs).toBeLessThanOrEqual(300_000);
          }
        },
      ),
    );
  });
});
