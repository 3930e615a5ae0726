/**
 * What Snowflake's answers mean: the one place that knows its statuses, codes and SQL states. A pure function, tested
 * as a table. The status counts first, then the code; never the message, which repeats statements and values.
 * @see https://docs.snowflake.com/en/developer-guide/sql-api/reference#response-codes
 */
import { z } from 'zod';
import type { FailureClass } from '../../../domain/verdict.js';
import type { Answer, Reply } from './client.js';

export type Judgement =
  | { readonly kind: 'done' }
  | { readonly kind: 'running'; /** Unless the answer does not say. */ readonly handle?: string }
  | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  readonly class: FailureClass;
  /** A stable code in kebab case. */
  readonly reason: string;
  /** Before the next attempt; nothing: another would fare no better. */
  readonly afterMs?: number;
  /** Snowflake's own, as far as they are codes. */
  readonly code?: string;
  readonly sqlState?: string;
}

/** Everything besides the reply that a wait depends on. */
export interface Moment {
  /** 1, 2, ... */
  readonly attempt: number;
  readonly nowMs: number;
  /** 0 to 1, spreads waits. */
  readonly random: number;
}

const FIRST_WAIT_MS = 1_000;
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 300_000;

const RUNNING = ['333333', '333334'];
const TRUNCATED = '391908';

const Code = z.string().regex(/^[\dA-Z_]{5,30}$/);
/** Lenient: a part of an unexpected type is as good as absent. */
const Body = z.object({
  code: Code.optional().catch(undefined),
  sqlState: Code.optional().catch(undefined),
  statementHandle: z.string().optional().catch(undefined),
});
type Body = z.infer<typeof Body>;

export function judge(reply: Reply, moment: Moment): Judgement {
  if (reply.kind === 'no-answer') return retryable('unavailable', 'unreachable', backoffMs(moment));
  const { status } = reply;
  const body = bodyOf(reply);
  if (status === 202 || (status === 429 && RUNNING.includes(body.code ?? ''))) return running(body);
  if (status === 200) return judgeSuccess(reply, body, moment);
  if (status === 422) return { ...sqlRefusal(body, moment), ...codesOf(body) };
  return { ...refusal(reply, body, moment), ...codesOf(body) };
}

function running({ statementHandle }: Body): Judgement {
  return { kind: 'running', ...(statementHandle === undefined ? {} : { handle: statementHandle }) };
}

/** Also 200 can refuse. One that cannot be read is no promise. */
function judgeSuccess({ body: sent }: Answer, body: Body, moment: Moment): Judgement {
  const { sqlState, code } = body;
  if (code === TRUNCATED) return { ...refused('rejected', 'result-truncated'), ...codesOf(body) };
  if (RUNNING.includes(code ?? '')) return running(body);
  if (sqlState !== undefined && sqlState !== '00000')
    return { ...sqlRefusal(body, moment), ...codesOf(body) };
  if (typeof sent === 'object' && sent !== null) return { kind: 'done' };
  return retryable('unavailable', 'unreadable-answer', backoffMs(moment));
}

function refusal(answer: Answer, { code }: Body, moment: Moment): Refusal {
  const { status } = answer;
  if (status === 429) return retryable('rate-limited', 'rate-limited', waitMs(answer, moment));
  if (status >= 500) return retryable('unavailable', 'unavailable', waitMs(answer, moment));
  if (status === 401 || status === 403)
    return forOperator(status === 401 ? 'bad-credentials' : 'not-allowed');
  if (code === GONE) return resultGone(moment);
  // The paths are fixed: one that is not there is a wrong base URL or an outage at the edge.
  if (status === 404 || status === 405 || (status >= 300 && status < 400))
    return forOperator('endpoint-not-found');
  if (status === 408) return refused('rejected', 'statement-timeout');
  return refused('invalid-input', 'request-refused');
}

const GONE = '000709';

/** Asking again starts the query again, which is what is wanted. */
const resultGone = (moment: Moment): Refusal => retryable('unavailable', 'result-gone', backoffMs(moment));

type ByCode = readonly [FailureClass, string];

/** Of statements. `auth`: somebody has to grant something; `unavailable`: it may work the next time. */
const SQL_CODES: Readonly<Record<string, ByCode>> = {
  '000604': ['rejected', 'statement-cancelled'],
  '000630': ['rejected', 'statement-timeout'],
  '000606': ['auth', 'no-warehouse'],
  '000625': ['unavailable', 'lock-timeout'],
  '001003': ['rejected', 'sql-refused'],
  '000904': ['rejected', 'sql-refused'],
  '002003': ['rejected', 'object-missing'],
  '002014': ['rejected', 'sql-refused'],
  '002139': ['rejected', 'sql-refused'],
  '002140': ['rejected', 'sql-refused'],
  '003001': ['auth', 'not-allowed'],
  '100037': ['invalid-input', 'value-refused'],
  '100069': ['invalid-input', 'value-refused'],
  '100082': ['invalid-input', 'value-refused'],
  '100132': ['rejected', 'transaction-refused'],
  '390186': ['auth', 'not-allowed'],
  '390201': ['auth', 'not-allowed'],
};

/** Of codes that stand in no table: the class of their SQL state. @see ISO/IEC 9075-2, subclause 24.1 */
const SQL_STATES: Readonly<Record<string, ByCode>> = {
  '08': ['unavailable', 'unavailable'],
  '22': ['invalid-input', 'value-refused'],
  '40': ['unavailable', 'unavailable'],
  '53': ['unavailable', 'unavailable'],
  '58': ['unavailable', 'unavailable'],
  XX: ['unavailable', 'unavailable'],
};

function sqlRefusal({ code = '', sqlState = '' }: Body, moment: Moment): Refusal {
  if (code === GONE) return resultGone(moment);
  const byCode = Object.hasOwn(SQL_CODES, code) ? SQL_CODES[code] : undefined;
  const [failure, reason] =
    byCode ?? SQL_STATES[sqlState.slice(0, 2)] ?? (['rejected', 'sql-refused'] as const);
  if (failure === 'auth') return forOperator(reason);
  return failure === 'unavailable' ? retryable(failure, reason, backoffMs(moment)) : refused(failure, reason);
}

function bodyOf({ body }: Answer): Body {
  return Body.safeParse(body).data ?? {};
}

function codesOf({ code, sqlState }: Body): Pick<Refusal, 'code' | 'sqlState'> {
  return { ...(code === undefined ? {} : { code }), ...(sqlState === undefined ? {} : { sqlState }) };
}

const refused = (failure: FailureClass, reason: string): Refusal => ({
  kind: 'refused',
  class: failure,
  reason,
});

const retryable = (failure: FailureClass, reason: string, afterMs: number): Refusal => ({
  ...refused(failure, reason),
  afterMs,
});

/** An operator mends it for everything at once; until then it is tried now and then. */
const forOperator = (reason: string): Refusal => retryable('auth', reason, LONGEST_WAIT_MS);

/** What Snowflake asks for, else a growing wait; 0.1 s to 5 min. */
function waitMs({ retryAfter }: Answer, moment: Moment): number {
  const askedMs = retryAfter === undefined ? undefined : retryAfterMs(retryAfter, moment);
  if (askedMs === undefined) return backoffMs(moment);
  return Math.min(Math.max(askedMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}

/** Seconds or an HTTP date, RFC 9110 section 10.2.3. */
function retryAfterMs(header: string, { nowMs }: Moment): number | undefined {
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}

/** 1 s, 2 s, 4 s, ... 5 min, of which the second half is spread. */
function backoffMs({ attempt, random }: Moment): number {
  const fullMs = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return Math.round(fullMs * (0.5 + random / 2));
}
