/**
 * Every answer that is not a success, in one place: status, code for metrics, and a message that says what to do.
 * Messages never repeat what was sent: requests hold personal data.
 */
import type { FieldError } from '../domain/product-event.schema.js';
import { IntakeUnavailable } from './group-commit.js';
import type { UnavailableReason } from './group-commit.js';
import { REQUEST_LIMITS } from './limits.js';

export interface Problem {
  readonly status: number;
  /** Fixed kebab-case code: a tag of metrics and logs. */
  readonly reason: string;
  readonly errors: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a handler ends a request early. */
export class Rejection extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.reason);
    this.name = 'Rejection';
    this.problem = problem;
  }
}

/** A problem of the request as a whole. */
export function problem(
  status: number,
  reason: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Problem {
  return { status, reason, errors: [{ field: '', message }], ...(headers === undefined ? {} : { headers }) };
}

const megabytes = REQUEST_LIMITS.bodyBytes / 1024 / 1024;

export const PROBLEMS = {
  badUrl: problem(400, 'bad-url', 'The address is not a valid URL; check its % escapes.'),
  emptyBody: problem(
    400,
    'empty-body',
    'The body is empty; send one event as a JSON object, or an array of events.',
  ),
  brokenJson: problem(
    400,
    'broken-json',
    'The body is not valid JSON; check quotes, commas, and that nothing is cut off.',
  ),
  brokenText: problem(400, 'broken-utf8', 'The body is not valid UTF-8; JSON is always sent in UTF-8.'),
  badLength: problem(
    400,
    'bad-length',
    'The body is not as long as Content-Length says; send the number of bytes.',
  ),
  badHttp: problem(400, 'bad-http', 'This is not a well-formed HTTP request.'),
  notFound: problem(404, 'unknown-path', 'Nothing is here; /openapi.json lists what there is.'),
  tooSlow: problem(
    408,
    'too-slow',
    `The request did not arrive within ${REQUEST_LIMITS.requestTimeoutMs / 1_000} seconds; send it again.`,
  ),
  bodyTooLarge: problem(
    413,
    'body-too-large',
    `A body has at most ${megabytes} MB; send fewer events in each request.`,
  ),
  tooManyItems: problem(
    413,
    'too-many-items',
    `An array has at most ${REQUEST_LIMITS.arrayItems} events; divide it.`,
  ),
  wrongType: problem(415, 'wrong-type', 'Send JSON, with the header Content-Type: application/json.'),
  wrongCharset: problem(
    415,
    'wrong-charset',
    'Send JSON in UTF-8, with the header Content-Type: application/json.',
  ),
  encoded: problem(415, 'content-encoding', 'Send the body as it is, without Content-Encoding.', {
    'accept-encoding': 'identity',
  }),
  tooDeep: problem(
    422,
    'too-deep',
    `An event has at most ${REQUEST_LIMITS.nestingLevels} levels of objects and arrays inside each other.`,
  ),
  headersTooLarge: problem(
    431,
    'headers-too-large',
    'The headers are too large; leave out what is not needed.',
  ),
  unexpected: problem(
    500,
    'unexpected',
    'Something unexpected happened. Send it again; if that does not help, give the operators the X-Request-Id of this answer.',
  ),
} as const satisfies Readonly<Record<string, Problem>>;

/** Codes of Fastify's own errors. @see https://fastify.dev/docs/latest/Reference/Errors/ */
const FASTIFY_PROBLEMS: Readonly<Record<string, Problem>> = {
  FST_ERR_BAD_URL: PROBLEMS.badUrl,
  FST_ERR_MAX_PARAM_LENGTH: PROBLEMS.notFound,
  FST_ERR_CTP_BODY_TOO_LARGE: PROBLEMS.bodyTooLarge,
  FST_ERR_CTP_EMPTY_JSON_BODY: PROBLEMS.emptyBody,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: PROBLEMS.badLength,
  FST_ERR_CTP_INVALID_JSON_BODY: PROBLEMS.brokenJson,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: PROBLEMS.wrongType,
};

export const UNAVAILABLE: Readonly<
  Record<UnavailableReason | 'status-unavailable' | 'consent-unavailable', string>
> = {
  overloaded:
    'More events wait here than may; this request was not taken. Send it again after the seconds in Retry-After.',
  draining: 'This gateway is stopping. Send the request again: another one takes it.',
  'temporal-unavailable':
    'The events could not be made durable in time. Send all of them again after the seconds in Retry-After; what was taken is not taken twice.',
  'consent-unavailable':
    'The unsubscribe could not be made durable in time. Marketo does not call again: the poll finds the person. Whoever else sent it sends it again.',
  'status-unavailable':
    'What became of the event cannot be read now. Ask again after the seconds in Retry-After.',
};

/** 503 with a wait of 1 or 2 s, at random so that many clients do not come back at once. */
export function unavailable(reason: keyof typeof UNAVAILABLE): Problem {
  const retryAfterSeconds = Math.random() < 0.5 ? 1 : 2;
  return problem(503, reason, UNAVAILABLE[reason], { 'retry-after': String(retryAfterSeconds) });
}

/** What an error of any origin is answered with. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Rejection) return error.problem;
  if (error instanceof IntakeUnavailable) return unavailable(error.reason);
  if (!(error instanceof Error)) return PROBLEMS.unexpected;
  const code = 'code' in error ? String(error.code) : '';
  return Object.hasOwn(FASTIFY_PROBLEMS, code)
    ? (FASTIFY_PROBLEMS[code] ?? PROBLEMS.unexpected)
    : PROBLEMS.unexpected;
}
