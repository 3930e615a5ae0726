import { describe, expect, it } from '@jest/globals';
import { judge, type Moment } from '../../../activities/warehouse/snowflake/answers.js';
import type { Reply } from '../../../activities/warehouse/snowflake/client.js';
import { failureOf } from '../../../activities/warehouse/snowflake/failures.js';

const moment: Moment = { attempt: 3, nowMs: Date.UTC(2026, 10, 25), random: 1 };
const BACKOFF_MS = 4_000;
const OPERATOR_MS = 300_000;
const FINAL = undefined;

const answer = (status: number, body: unknown = '', retryAfter?: string): Reply => ({
  kind: 'answer',
  status,
  body,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});
const sql = (code: string, sqlState: string): Reply =>
  answer(422, { code, sqlState, message: "'canary@example.com' is not recognized", statementHandle: 'h' });

describe('what Snowflake answers', () => {
  it('is done with 200, and runs with 202 or a 429 that says so', () => {
    expect(judge(answer(200, { code: '090001', sqlState: '00000' }), moment)).toEqual({ kind: 'done' });
    expect(judge(answer(200, { data: [] }), moment)).toEqual({ kind: 'done' });
    const running = { code: '333334', statementHandle: 'h' };
    expect(judge(answer(202, running), moment)).toEqual({ kind: 'running', handle: 'h' });
    expect(judge(answer(429, running), moment)).toEqual({ kind: 'running', handle: 'h' });
    expect(judge(answer(200, running), moment)).toEqual({ kind: 'running', handle: 'h' });
    expect(judge(answer(202), moment)).toEqual({ kind: 'running' });
  });

  it.each<[string, Reply, string, string, number | undefined]>([
    ['no answer', { kind: 'no-answer', cause: 'timeout' }, 'unavailable', 'unreachable', BACKOFF_MS],
    [
      'a 200 that cannot be read',
      answer(200, '{"resultSetMe'),
      'unavailable',
      'unreadable-answer',
      BACKOFF_MS,
    ],
    [
      'a 200 with a failure in it',
      answer(200, { sqlState: '42000', code: '000904' }),
      'rejected',
      'sql-refused',
      FINAL,
    ],
    ['a truncated result', answer(200, { code: '391908' }), 'rejected', 'result-truncated', FINAL],
    ['a bad payload', answer(400, { code: '390142' }), 'invalid-input', 'request-refused', FINAL],
    ['a bad token', answer(401, { code: '390144' }), 'auth', 'bad-credentials', OPERATOR_MS],
    ['an expired OAuth token', answer(401, { code: '390318' }), 'auth', 'bad-credentials', OPERATOR_MS],
    ['an API that is off', answer(403), 'auth', 'not-allowed', OPERATOR_MS],
    ['a network policy', answer(403, { code: '390422' }), 'auth', 'not-allowed', OPERATOR_MS],
    ['a wrong path', answer(404, '<html>'), 'auth', 'endpoint-not-found', OPERATOR_MS],
    ['a wrong method', answer(405), 'auth', 'endpoint-not-found', OPERATOR_MS],
    ['a redirect', answer(302), 'auth', 'endpoint-not-found', OPERATOR_MS],
    ['a handle that is gone', answer(404, { code: '000709' }), 'unavailable', 'result-gone', BACKOFF_MS],
    ['a timeout of the statement', answer(408, { code: '000630' }), 'rejected', 'statement-timeout', FINAL],
    ['a media type', answer(415), 'invalid-input', 'request-refused', FINAL],
    ['a limit', answer(429, { code: '390505' }), 'rate-limited', 'rate-limited', BACKOFF_MS],
    ['a limit with seconds', answer(429, '', '7'), 'rate-limited', 'rate-limited', 7_000],
    [
      'a limit with a date',
      answer(429, '', 'Wed, 25 Nov 2026 00:00:09 GMT'),
      'rate-limited',
      'rate-limited',
      9_000,
    ],
    ['a limit of no seconds', answer(429, '', '0'), 'rate-limited', 'rate-limited', 100],
    ['a limit of a day', answer(429, '', '86400'), 'rate-limited', 'rate-limited', OPERATOR_MS],
    ['an inner failure', answer(500), 'unavailable', 'unavailable', BACKOFF_MS],
    ['a gateway', answer(502), 'unavailable', 'unavailable', BACKOFF_MS],
    ['an outage with a wait', answer(503, '', '2'), 'unavailable', 'unavailable', 2_000],
    ['a slow gateway', answer(504), 'unavailable', 'unavailable', BACKOFF_MS],
    ['wrong syntax', sql('001003', '42000'), 'rejected', 'sql-refused', FINAL],
    ['an unknown column', sql('000904', '42000'), 'rejected', 'sql-refused', FINAL],
    ['an unknown table', sql('002003', '42S02'), 'rejected', 'object-missing', FINAL],
    ['a missing privilege', sql('003001', '42501'), 'auth', 'not-allowed', OPERATOR_MS],
    ['an unknown function', sql('002140', '42601'), 'rejected', 'sql-refused', FINAL],
    ['JSON within VALUES', sql('002014', '22000'), 'rejected', 'sql-refused', FINAL],
    ['bad JSON', sql('100069', '22P02'), 'invalid-input', 'value-refused', FINAL],
    ['a bad value', sql('100037', '22018'), 'invalid-input', 'value-refused', FINAL],
    ['a value too large', sql('100082', '22000'), 'invalid-input', 'value-refused', FINAL],
    ['a failed transaction', sql('100132', 'P0000'), 'rejected', 'transaction-refused', FINAL],
    ['a cancelled statement', sql('000604', '57014'), 'rejected', 'statement-cancelled', FINAL],
    ['a statement that took too long', sql('000630', '57014'), 'rejected', 'statement-timeout', FINAL],
    ['an expired result', sql('000709', '02000'), 'unavailable', 'result-gone', BACKOFF_MS],
    ['no warehouse', sql('000606', '57P03'), 'auth', 'no-warehouse', OPERATOR_MS],
    ['a role that is not granted', sql('390186', '42501'), 'auth', 'not-allowed', OPERATOR_MS],
    ['an unknown code about data', sql('100999', '22003'), 'invalid-input', 'value-refused', FINAL],
    ['an unknown code about the system', sql('000603', 'XX000'), 'unavailable', 'unavailable', BACKOFF_MS],
    ['an unknown code', sql('099999', '42999'), 'rejected', 'sql-refused', FINAL],
  ])('gives %s its class, its reason and its wait', (...row) => {
    const [, reply, type, reason, afterMs] = row;
    const judgement = judge(reply, moment);
    expect(judgement).toMatchObject({ kind: 'refused', class: type, reason });
    if (judgement.kind !== 'refused') return;
    expect(judgement.afterMs).toBe(afterMs);
    const failure = failureOf(judgement);
    expect(failure).toMatchObject({ type, nonRetryable: afterMs === undefined });
    expect(failure.nextRetryDelay).toBe(afterMs);
    expect(JSON.stringify([failure.message, failure.details])).not.toContain('canary');
  });

  it('tells codes and never texts, also where a text stands in the place of a code', () => {
    const judgement = judge(answer(422, { code: 'canary@example.com', sqlState: '42000' }), moment);
    if (judgement.kind !== 'refused') throw new Error('it was refused');
    expect(failureOf(judgement).message).toBe('Snowflake: sql-refused (42000)');
  });

  it('waits longer with each attempt, at most 5 min', () => {
    const waits = [1, 2, 5, 30].map((attempt) => judge(answer(503), { ...moment, attempt }));
    expect(waits.map((each) => ('afterMs' in each ? each.afterMs : undefined))).toEqual([
      1_000, 2_000, 16_000, 300_000,
    ]);
  });
});
