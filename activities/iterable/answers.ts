/**
 * What Iterable's answers mean: the one place that knows its statuses, codes and body shapes. Pure functions, tested
 * as a table. The status counts first, then `code`, then `msg`: `Success` also comes with 400, and 200 can refuse.
 * @see https://support.iterable.com/hc/en-us/articles/39629320560148 the codes
 * @see https://api.iterable.com/api/docs the shapes
 */
import { z } from 'zod';
import type { Reason } from '../../domain/reasons.js';
import type { Verdict } from '../../domain/verdict.js';
import type { Answer, Reply } from './client.js';

export type Retry = Extract<Verdict, { kind: 'retry' }>;
export type Rejected = Extract<Verdict, { kind: 'rejected' }>;
export type Delivered = Extract<Verdict, { kind: 'delivered' }>;

/** Everything besides the reply that a wait depends on. */
export interface Moment {
  /** Attempts of the activity so far, this one included: 1, 2, ... */
  readonly attempt: number;
  readonly nowMs: number;
  /** 0 to 1, spreads waits. One draw for all items of an attempt, so that they come back together. */
  readonly random: number;
}

const FIRST_WAIT_MS = 1_000;
const SHORTEST_WAIT_MS = 100;
export const LONGEST_WAIT_MS = 300_000;
/** Iterable asks for at least 60 s between writing a profile and what depends on it. */
const VISIBLE_AFTER_MS = 60_000;

/** Lenient: a part of an unexpected type is as good as absent. Numbers may come as text. */
const Seconds = z.union([
  z.number().nonnegative(),
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number),
]);
const Body = z.object({
  code: z.string().optional().catch(undefined),
  msg: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  params: z
    .object({ rateLimitReset: Seconds.optional().catch(undefined) })
    .optional()
    .catch(undefined),
});
type Body = z.infer<typeof Body>;

const UserBody = z.object({
  user: z
    .object({
      email: z.string().optional().catch(undefined),
      userId: z.string().optional().catch(undefined),
      dataFields: z.record(z.string(), z.unknown()).optional().catch(undefined),
    })
    .nullish(),
});

export interface StoredUser {
  readonly userId?: string;
  readonly dataFields: Readonly<Record<string, unknown>>;
}

/** Reply to `updateUser`. */
export function judgeUpdate(reply: Reply, moment: Moment): Delivered | Rejected | Retry {
  return refusalOf(reply, moment) ?? { kind: 'delivered' };
}

/** Reply to `trackEvent`. An unknown person is a profile that cannot be seen yet, because it is always written first. */
export function judgeTrack(reply: Reply, moment: Moment): Delivered | Rejected | Retry {
  if (isUnknownUser(reply)) {
    return { kind: 'retry', reason: 'profile-not-visible', class: 'unavailable', afterMs: VISIBLE_AFTER_MS };
  }
  const refusal = refusalOf(reply, moment);
  if (refusal !== undefined) return refusal;
  const { msg } = bodyOf(reply);
  return msg?.includes('is disallowed from tracking')
    ? rejected('event-name-disallowed')
    : { kind: 'delivered' };
}

/** Reply to `getUserByEmail`: the user, `unknown` for somebody Iterable does not have (yet), or why it cannot be said. */
export function judgeUser(
  reply: Reply,
  moment: Moment,
):
  | { readonly kind: 'user'; readonly user: StoredUser }
  | { readonly kind: 'unknown-user' }
  | Rejected
  | Retry {
  if (isUnknownUser(reply)) return { kind: 'unknown-user' };
  const refusal = refusalOf(reply, moment);
  if (refusal !== undefined) return refusal;
  const parsed = UserBody.safeParse(reply.kind === 'answer' ? reply.body : undefined);
  if (!parsed.success) return unavailable(undefined, moment);
  const { email, userId, dataFields } = parsed.data.user ?? {};
  if (email === undefined && userId === undefined && dataFields === undefined)
    return { kind: 'unknown-user' };
  return {
    kind: 'user',
    user: { ...(userId === undefined ? {} : { userId }), dataFields: dataFields ?? {} },
  };
}

/** Nothing when Iterable has accepted the request. */
export function refusalOf(reply: Reply, moment: Moment): Rejected | Retry | undefined {
  if (reply.kind === 'no-answer') return retry('unreachable', backoffMs(moment));
  const { status } = reply;
  const { code } = bodyOf(reply);
  if (isAccepted(reply, code)) return undefined;
  if (status === 429 || code === 'RateLimitExceeded') {
    return { kind: 'retry', reason: 'rate-limited', class: 'rate-limited', afterMs: waitMs(reply, moment) };
  }
  if (isAboutTheKey(status, code)) {
    return { kind: 'retry', reason: 'bad-credentials', class: 'auth', afterMs: LONGEST_WAIT_MS };
  }
  // The paths are fixed: a path that is not there is a wrong base URL or an outage at the edge, not this item.
  if (isMissingPath(reply)) {
    return { kind: 'retry', reason: 'endpoint-not-found', class: 'auth', afterMs: LONGEST_WAIT_MS };
  }
  // An unreadable 200 is no promise; the same request again does no harm.
  const readable = code !== undefined || status >= 300;
  if (status >= 500 || status === 408 || !readable) return unavailable(reply, moment);
  return rejected(reasonOf(reply));
}

function isAccepted({ status, body }: Answer, code: string | undefined): boolean {
  if (status < 200 || status > 299) return false;
  if (status === 202 && code === undefined) return true; // empty by design
  if (code === undefined) return typeof body === 'object' && body !== null && !('error' in body);
  return code === 'Success' || code === 'Accepted';
}

const KEY_CODES = new Set(['BadApiKey', 'BadAuthorizationHeader', 'Unauthorized', 'Forbidden']);

/** The key is wrong, disabled, or not allowed to do this: an operator mends that for all events at once. */
function isAboutTheKey(status: number, code: string | undefined): boolean {
  if (status === 401) return true;
  if (status === 403) return code !== 'ForbiddenParamsError';
  return status < 500 && code !== undefined && KEY_CODES.has(code);
}

const isMissingPath = ({ status }: Answer): boolean => status === 404 || (status >= 300 && status < 400);

const REASON_BY_CODE: Readonly<Record<string, Reason>> = {
  ForgottenUserError: 'forgotten-user',
  InvalidEmailAddressError: 'invalid-email',
  InvalidUserIdError: 'invalid-user-id',
  EmailAlreadyExists: 'identity-conflict',
  UserIdAlreadyExists: 'identity-conflict',
  ExternalKeyConflict: 'identity-conflict',
  Conflict: 'identity-conflict',
  RequestFieldsTypesMismatched: 'field-type-mismatch',
  UniqueFieldsLimitExceeded: 'field-limit-exceeded',
  BatchTooLarge: 'body-too-large',
};

const REASON_BY_STATUS: Readonly<Record<number, Reason>> = {
  409: 'identity-conflict',
  413: 'body-too-large',
};

function reasonOf(answer: Answer): Reason {
  const { code = '', msg = '', message = '' } = bodyOf(answer);
  // A general code beside a 409 does not say which conflict it is; the text does.
  if (answer.status === 409 && /forgotten/i.test(msg + message)) return 'forgotten-user';
  const byCode = Object.hasOwn(REASON_BY_CODE, code) ? REASON_BY_CODE[code] : undefined;
  return byCode ?? REASON_BY_STATUS[answer.status] ?? 'request-refused';
}

const UNKNOWN_USER_CODES = new Set([
  'UnknownEmailError',
  'UnknownUserIdError',
  'error.users.noUserWithIdExists',
]);

/** Where the code is a general one, the text has to do. */
const UNKNOWN_USER_TEXT = /^(user does not exist|unknown (email|user))/i;

export function isUnknownUser(reply: Reply): boolean {
  if (reply.kind !== 'answer' || reply.status < 400 || reply.status >= 500) return false;
  const { code = '', msg = '' } = bodyOf(reply);
  const isGeneral = code === 'BadParams' || code === 'Success';
  return UNKNOWN_USER_CODES.has(code) || (isGeneral && UNKNOWN_USER_TEXT.test(msg));
}

function bodyOf(reply: Reply): Body {
  const parsed = Body.safeParse(reply.kind === 'answer' ? reply.body : undefined);
  return parsed.success ? parsed.data : {};
}

function rejected(reason: Reason): Rejected {
  return { kind: 'rejected', reason, class: 'rejected' };
}

function retry(reason: Reason, afterMs: number): Retry {
  return { kind: 'retry', reason, class: 'unavailable', afterMs };
}

export function unavailable(answer: Answer | undefined, moment: Moment): Retry {
  return retry('unavailable', answer === undefined ? backoffMs(moment) : waitMs(answer, moment));
}

/** What Iterable asks for, else a growing wait; 0.1 s to 5 min. */
function waitMs(answer: Answer, moment: Moment): number {
  return namedWaitMs(answer, moment) ?? backoffMs(moment);
}

/** The wait that Iterable names itself, 0.1 s to 5 min; nothing where it names none. */
export function namedWaitMs(reply: Reply, moment: Moment): number | undefined {
  if (reply.kind === 'no-answer') return undefined;
  const resetSeconds = bodyOf(reply).params?.rateLimitReset;
  const askedMs = resetSeconds === undefined ? retryAfterMs(reply.retryAfter, moment) : resetSeconds * 1000;
  return askedMs === undefined ? undefined : Math.min(Math.max(askedMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}

/** Seconds or an HTTP date, RFC 9110 section 10.2.3. */
function retryAfterMs(header: string | undefined, { nowMs }: Moment): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}

/** 1 s, 2 s, 4 s, ... 5 min, of which the second half is spread. */
export function backoffMs({ attempt, random }: Moment): number {
  const fullMs = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return Math.round(fullMs * (0.5 + random / 2));
}
