/**
 * What Marketo's answers mean: the one place that knows its statuses, codes and body shapes. Pure functions, tested as
 * a table. Most errors come inside HTTP 200, with `success: false` and codes that are texts; several may come at once,
 * and the gravest counts.
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes
 */
import { z } from 'zod';
import type { Reason } from '../../domain/reasons.js';
import type { FailureClass } from '../../domain/verdict.js';
import type { Answer, Reply } from './client.js';
import { nextCentralMidnightMs } from './dates.js';

export interface Retry {
  readonly kind: 'retry';
  readonly reason: Reason;
  readonly class: FailureClass;
  readonly afterMs: number;
  /** An internal error of Marketo's, which is tried only a few times in a row. */
  readonly isInternal?: true;
}
export interface Refused {
  readonly kind: 'refused';
  readonly reason: Reason;
  readonly class: FailureClass;
  /** What Marketo said, for whoever mends it: `1003`, `HTTP 414`. */
  readonly code: string;
}
export interface Ok {
  readonly kind: 'ok';
  /** Empty where Marketo leaves `result` out, as on pages without a hit. */
  readonly result: readonly unknown[];
  readonly nextPageToken?: string;
  readonly moreResult: boolean;
  readonly warnings: number;
}

export type Answered =
  | Ok
  /** No data (702). */
  | { readonly kind: 'empty' }
  /** What was named is not there (1004, 1013). */
  | { readonly kind: 'gone' }
  /** The access token is over (601, 602): get another, ask once more. */
  | { readonly kind: 'stale-token' }
  /** Marketo does not take the paging token: mint another. */
  | { readonly kind: 'bad-token'; readonly code: string }
  | Retry
  | Refused;

/** Everything besides the reply that its meaning depends on. */
export interface Moment {
  /** Attempts of the activity so far, this one included: 1, 2, ... */
  readonly attempt: number;
  readonly nowMs: number;
  /** 0 to 1, spreads waits. */
  readonly random: number;
  /** The request carried a paging token, which some codes then are about. */
  readonly hasPageToken: boolean;
  /** Internal errors (500 in the body) in a row from this endpoint, before this answer. */
  readonly internalErrors: number;
}

const MOST_INTERNAL_ERRORS = 3;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;
const RATE_WINDOW_MS = 20_000;
const CONCURRENCY_MS = { least: 1_000, most: 5_000 } as const;
const QUEUE_FULL_MS = 180_000;
/** Many workers, and Marketo's own counters, are not all back at the stroke of midnight. */
const MIDNIGHT_SPREAD_MS = 120_000;

const Code = z.union([z.string(), z.number().transform(String)]);
const Problem = z.object({ code: Code, message: z.string().optional().catch(undefined) });
type Problem = z.infer<typeof Problem>;
const Problems = z.array(Problem).min(1);
const Row = z.object({ status: z.literal('skipped'), reasons: Problems });
const Envelope = z.object({
  success: z.boolean(),
  result: z
    .array(z.unknown())
    .nullish()
    .transform((rows) => rows ?? []),
  nextPageToken: z
    .string()
    .min(1)
    .nullish()
    .catch(undefined)
    .transform((token) => token ?? undefined),
  moreResult: z.boolean().nullish().catch(undefined),
  errors: Problems.optional().catch(undefined),
  warnings: z.array(z.unknown()).nullish().catch(undefined),
});

/** Reply to any endpoint but the identity one. */
export function judge(reply: Reply, moment: Moment): Answered {
  if (reply.kind === 'no-answer') return retry('marketo-unreachable', backoffMs(moment));
  const byStatus = judgeStatus(reply, moment);
  if (byStatus !== undefined) return byStatus;
  const envelope = Envelope.safeParse(reply.body);
  if (!envelope.success) return retry('marketo-unreadable', backoffMs(moment));
  const { success, result, nextPageToken, moreResult, errors, warnings } = envelope.data;
  if (!success)
    return errors === undefined ? retry('marketo-unreadable', backoffMs(moment)) : gravest(errors, moment);
  return (
    skipped(result, moment) ?? {
      kind: 'ok',
      result,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
      moreResult: moreResult ?? false,
      warnings: warnings?.length ?? 0,
    }
  );
}

/** Nothing for 200, whose body tells. */
function judgeStatus({ status }: Answer, moment: Moment): Answered | undefined {
  if (status === 200) return undefined;
  if (status === 429) return retry('marketo-busy', RATE_WINDOW_MS + spreadMs(moment), 'rate-limited');
  if (status >= 500 || status === 408) return retry('marketo-unavailable', backoffMs(moment));
  if (status === 401) return { kind: 'stale-token' };
  if (status === 403) return forOperators('marketo-access');
  // The paths are fixed: one that is not there is a wrong base URL.
  if (status === 404 || (status >= 300 && status < 400)) return forOperators('marketo-endpoint-not-found');
  return refused(`HTTP ${status}`);
}

/** Reply with the file of an extract that is none: text of a 404 while it is being written, or an error in JSON. */
export function judgeFile(reply: Reply, moment: Moment): Answered {
  if (reply.kind === 'answer' && reply.status === 404)
    return {
      kind: 'retry',
      reason: 'marketo-extract-not-ready',
      class: 'expected',
      afterMs: backoffMs(moment),
    };
  return judge(reply, moment);
}

/** Rows that Marketo has passed over while it says that all went well; nothing where there is one that it has not. */
function skipped(result: readonly unknown[], moment: Moment): Answered | undefined {
  const rows = result.map((row) => Row.safeParse(row));
  if (rows.length === 0 || rows.some(({ success }) => !success)) return undefined;
  return gravest(
    rows.flatMap(({ data }) => data?.reasons ?? []),
    moment,
  );
}

type Meaning = (problem: Problem, moment: Moment) => Answered;

const unavailable: Meaning = (_, moment) => retry('marketo-unavailable', backoffMs(moment));
const stale: Meaning = () => ({ kind: 'stale-token' });
const access: Meaning = () => forOperators('marketo-access');
const gone: Meaning = () => ({ kind: 'gone' });
const wrong: Meaning = ({ code }) => refused(code);
/** On a call with a paging token, what these say may be about the token. */
const wrongOrToken =
  (otherwise: Meaning): Meaning =>
  (problem, moment) =>
    moment.hasPageToken ? { kind: 'bad-token', code: problem.code } : otherwise(problem, moment);

/** The gravest first: what keeps everybody from going on, then what passes, then what is about this request. */
const MEANINGS: readonly (readonly [codes: readonly string[], meaning: Meaning])[] = [
  [['601', '602'], stale],
  [['603', '1008', '1009', '1010'], access],
  [['607'], (_, moment) => retry('marketo-quota', untilMidnightMs(moment), 'rate-limited')],
  [['606'], (_, moment) => retry('marketo-busy', RATE_WINDOW_MS + spreadMs(moment), 'rate-limited')],
  [['615'], (_, moment) => retry('marketo-busy', concurrencyWaitMs(moment), 'rate-limited')],
  [['604', '608', '611', '614', '713', '719'], unavailable],
  [
    ['500'],
    (problem, moment) =>
      moment.internalErrors + 1 < MOST_INTERNAL_ERRORS
        ? { ...retry('marketo-unavailable', backoffMs(moment)), isInternal: true }
        : wrong(problem, moment),
  ],
  [['1029'], extractLimit],
  [['610', '704', '1001', '1003'], wrongOrToken(wrong)],
  [['1004', '1013'], gone],
  [['702'], wrongOrToken(() => ({ kind: 'empty' }))],
];

function gravest(problems: readonly Problem[], moment: Moment): Answered {
  for (const [codes, meaning] of MEANINGS) {
    const problem = problems.find(({ code }) => codes.includes(code));
    if (problem !== undefined) return meaning(problem, moment);
  }
  return wrong(problems[0] ?? { code: 'none' }, moment);
}

/** One code for three things; only the text tells them apart. */
function extractLimit({ message = '' }: Problem, moment: Moment): Answered {
  if (/daily quota/i.test(message))
    return retry('marketo-extract-quota', untilMidnightMs(moment), 'rate-limited');
  if (/already/i.test(message)) return { kind: 'ok', result: [], moreResult: false, warnings: 0 };
  return retry('marketo-extracts-full', QUEUE_FULL_MS + spreadMs(moment), 'rate-limited');
}

const Identity = z.object({ access_token: z.string().min(1), expires_in: z.number().nonnegative() });

/** Reply to the identity endpoint. `expires_in` is what remains: asking early gives the same token again. */
export function judgeIdentity(
  reply: Reply,
  moment: Moment,
): { readonly kind: 'token'; readonly accessToken: string; readonly expiresInMs: number } | Retry {
  if (reply.kind === 'no-answer') return retry('marketo-unreachable', backoffMs(moment));
  const { status, body } = reply;
  if (status === 401 || status === 400) return forOperators('marketo-credentials');
  if (status === 429) return retry('marketo-busy', RATE_WINDOW_MS + spreadMs(moment), 'rate-limited');
  if (status >= 500 || status === 408) return retry('marketo-unavailable', backoffMs(moment));
  if (status === 403) return forOperators('marketo-access');
  if (status !== 200) return forOperators('marketo-endpoint-not-found');
  const token = Identity.safeParse(body);
  if (!token.success) return retry('marketo-unreadable', backoffMs(moment));
  const { access_token: accessToken, expires_in: seconds } = token.data;
  return { kind: 'token', accessToken, expiresInMs: seconds * 1_000 };
}

/** Tried again all the same, rarely: once an operator has mended it, everything that waits goes on. */
export function forOperators(reason: Reason): Retry {
  return { kind: 'retry', reason, class: 'auth', afterMs: LONGEST_WAIT_MS };
}

function retry(reason: Reason, afterMs: number, failureClass: FailureClass = 'unavailable'): Retry {
  return { kind: 'retry', reason, class: failureClass, afterMs };
}

function refused(code: string): Refused {
  return { kind: 'refused', reason: 'marketo-refused', class: 'rejected', code };
}

/** 1 s, 2 s, 4 s, ... 5 min, of which the second half is spread. */
function backoffMs({ attempt, random }: Moment): number {
  const fullMs = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return Math.round(fullMs * (0.5 + random / 2));
}

const spreadMs = ({ random }: Moment): number => Math.round(random * 5_000);

function concurrencyWaitMs({ random }: Moment): number {
  return Math.round(CONCURRENCY_MS.least + random * (CONCURRENCY_MS.most - CONCURRENCY_MS.least));
}

export function untilMidnightMs({ nowMs, random }: Pick<Moment, 'nowMs' | 'random'>): number {
  return nextCentralMidnightMs(nowMs) - nowMs + Math.round(1_000 + random * MIDNIGHT_SPREAD_MS);
}
