import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judge, judgeFile, judgeIdentity, type Moment } from '../../../activities/marketo/answers.js';
import type { Reply } from '../../../activities/marketo/client.js';

const NOON = Date.parse('2026-01-15T18:00:00Z'); // in Chicago: 12 h to midnight
const moment: Moment = { attempt: 1, nowMs: NOON, random: 0, hasPageToken: false, internalErrors: 0 };
const paging: Moment = { ...moment, hasPageToken: true };

const answer = (body: unknown, status = 200): Reply => ({ kind: 'answer', status, body });
const failed = (...codes: readonly (string | [code: string, message: string])[]): Reply =>
  answer({
    requestId: 'e42b#1',
    success: false,
    errors: codes.map((code) =>
      typeof code === 'string' ? { code, message: 'said' } : { code: code[0], message: code[1] },
    ),
  });
const passed = (parts: object): Reply => answer({ requestId: 'e42b#1', success: true, ...parts });
const skipped = (code: string): object => ({ status: 'skipped', reasons: [{ code, message: 'said' }] });

const ok = { kind: 'ok', result: [], moreResult: false };
const later = (reason: string, failureClass = 'unavailable'): object => ({
  kind: 'retry',
  reason,
  class: failureClass,
});
const limited = (reason: string, afterMs: number): object => ({
  kind: 'retry',
  reason,
  class: 'rate-limited',
  afterMs,
});
const operators = (reason: string): object => ({ kind: 'retry', reason, class: 'auth', afterMs: 300_000 });
const refused = (code: string): object => ({
  kind: 'refused',
  reason: 'marketo-refused',
  class: 'rejected',
  code,
});

describe('what an answer means', () => {
  it.each<[name: string, reply: Reply, means: object]>([
    ['rows', passed({ result: [{ id: 1 }] }), { kind: 'ok', result: [{ id: 1 }], moreResult: false }],
    [
      'no result',
      passed({ nextPageToken: 'AB==', moreResult: true }),
      { ...ok, nextPageToken: 'AB==', moreResult: true },
    ],
    ['a result of null', passed({ result: null }), ok],
    ['warnings as objects', passed({ warnings: [{ code: 1, message: 'a' }] }), { ...ok, warnings: 1 }],
    ['warnings as texts', passed({ warnings: ['a', 'b'] }), { ...ok, warnings: 2 }],
    ['no success', answer({ requestId: 'e42b#1', result: [] }), later('marketo-unreadable')],
    ['success: false without errors', answer({ success: false }), later('marketo-unreadable')],
    ['JSON that breaks off', answer('{"requestId":"e42b#1","resu'), later('marketo-unreadable')],
    ['an empty body', answer(''), later('marketo-unreadable')],
    ['a page of a gateway', answer('<html>', 502), later('marketo-unavailable')],
    ['500', answer('', 500), later('marketo-unavailable')],
    ['503', answer('', 503), later('marketo-unavailable')],
    ['408', answer('', 408), later('marketo-unavailable')],
    ['429', answer('', 429), limited('marketo-busy', 20_000)],
    ['413', answer('', 413), refused('HTTP 413')],
    ['414', answer('', 414), refused('HTTP 414')],
    ['401 of a gateway', answer('', 401), { kind: 'stale-token' }],
    ['403', answer('', 403), operators('marketo-access')],
    ['404', answer('', 404), operators('marketo-endpoint-not-found')],
    ['a redirect', answer('', 302), operators('marketo-endpoint-not-found')],
    ['no answer', { kind: 'no-answer', cause: 'timeout' }, later('marketo-unreachable')],
    ['a row that was passed over', passed({ result: [skipped('1004')] }), { kind: 'gone' }],
    ['a row that was refused', passed({ result: [skipped('1003')] }), refused('1003')],
    ['one of two rows passed over', passed({ result: [skipped('1004'), { id: 2 }] }), { kind: 'ok' }],
    ['601', failed('601'), { kind: 'stale-token' }],
    ['602', failed('602'), { kind: 'stale-token' }],
    ['606', failed('606'), limited('marketo-busy', 20_000)],
    ['607', failed('607'), limited('marketo-quota', 12 * 3_600_000 + 1_000)],
    ['615', failed('615'), limited('marketo-busy', 1_000)],
    ['702', failed('702'), { kind: 'empty' }],
    ['1004', failed('1004'), { kind: 'gone' }],
    ['1013', failed('1013'), { kind: 'gone' }],
    [
      '1029, queue full',
      failed(['1029', 'Too many jobs in queue']),
      limited('marketo-extracts-full', 180_000),
    ],
    [
      '1029, bytes of the day',
      failed(['1029', 'Export daily quota 500MB exceeded']),
      limited('marketo-extract-quota', 12 * 3_600_000 + 1_000),
    ],
    ['1029, queued already', failed(['1029', "Export job '7' is already queued"]), ok],
    [
      'a code as number',
      answer({ success: false, errors: [{ code: 606 }] }),
      limited('marketo-busy', 20_000),
    ],
    ['an unknown code', failed('999'), refused('999')],
  ])('%s', (_, reply, means) => {
    expect(judge(reply, moment)).toMatchObject(means);
  });

  it.each(['604', '608', '611', '614', '713', '719', '500'])('%s passes', (code) => {
    expect(judge(failed(code), moment)).toMatchObject(later('marketo-unavailable'));
  });
  it.each(['603', '1008', '1009', '1010'])('%s is for operators', (code) => {
    expect(judge(failed(code), moment)).toMatchObject(operators('marketo-access'));
  });
  it.each([
    ...['600', '605', '609', '610', '612', '613', '616', '701', '703', '704'],
    ...['1001', '1002', '1003', '1006', '1011', '1035'],
  ])('%s is refused for good', (code) => {
    expect(judge(failed(code), moment)).toMatchObject(refused(code));
  });
  it.each(['610', '702', '704', '1001', '1003'])('%s may be about the paging token', (code) => {
    expect(judge(failed(code), paging)).toMatchObject({ kind: 'bad-token', code });
  });
  it.each(['606', '1006', '601'])('%s is not about the paging token', (code) => {
    expect(judge(failed(code), paging)).toEqual(judge(failed(code), moment));
  });

  it('takes the gravest of several errors, in whatever order', () => {
    for (const [codes, means] of [
      [['1003', '611'], later('marketo-unavailable')],
      [['702', '607', '606'], limited('marketo-quota', 12 * 3_600_000 + 1_000)],
      [['1004', '602'], { kind: 'stale-token' }],
    ] as const) {
      expect(judge(failed(...codes), moment)).toMatchObject(means);
      expect(judge(failed(...codes.toReversed()), moment)).toMatchObject(means);
    }
  });

  it('tries an internal error three times', () => {
    expect(judge(failed('500'), { ...moment, internalErrors: 1 })).toMatchObject({ kind: 'retry' });
    expect(judge(failed('500'), { ...moment, internalErrors: 2 })).toMatchObject(refused('500'));
  });

  it('waits longer with each attempt, up to five minutes, and spreads it', () => {
    const waitMs = (attempt: number, random: number): number => {
      const judged = judge(answer('', 503), { ...moment, attempt, random });
      return judged.kind === 'retry' ? judged.afterMs : NaN;
    };
    expect([1, 2, 3, 9, 10, 400].map((attempt) => waitMs(attempt, 1))).toEqual([
      1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
    ]);
    expect(waitMs(10, 0)).toBe(150_000);
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.integer({ min: 200, max: 599 }),
        fc.boolean(),
        (body, status, hasPageToken) => {
          expect(judge(answer(body, status), { ...moment, hasPageToken })).toHaveProperty('kind');
          expect(judgeIdentity(answer(body, status), moment)).toHaveProperty('kind');
        },
      ),
    );
  });
});

it('takes 404 for the file of an extract for "not yet"', () => {
  expect(judgeFile(answer('Not Found', 404), moment)).toMatchObject(
    later('marketo-extract-not-ready', 'expected'),
  );
  expect(judgeFile(failed('606'), moment)).toMatchObject(limited('marketo-busy', 20_000));
});

it.each<[name: string, reply: Reply, means: object]>([
  [
    'a token',
    answer({ access_token: 'a:1', token_type: 'bearer', expires_in: 3599, scope: 'api@example.com' }),
    { kind: 'token', accessToken: 'a:1', expiresInMs: 3_599_000 },
  ],
  ['wrong credentials', answer({ error: 'invalid_client' }, 401), operators('marketo-credentials')],
  ['no service', answer('<html>', 502), later('marketo-unavailable')],
  ['too many', answer('', 429), limited('marketo-busy', 20_000)],
  ['a wrong host', answer('<html>', 404), operators('marketo-endpoint-not-found')],
  ['something else', answer({ success: true }), later('marketo-unreadable')],
  ['no answer', { kind: 'no-answer', cause: 'connection' }, later('marketo-unreachable')],
])('the identity endpoint answers %s', (_, reply, means) => {
  expect(judgeIdentity(reply, moment)).toMatchObject(means);
});
