/** The faults that the sandbox Marketo can be given on purpose. Marketo says most of them inside HTTP 200. */
import { envelopeError, html, text } from './answers.js';
import type { Answer } from './answers.js';

/** Error codes of the envelope, with what Marketo writes beside them. */
const MESSAGES = {
  '500': 'Internal server error',
  '601': 'Access token invalid',
  '602': 'Access token expired',
  '603': 'Access denied',
  '604': 'Request timed out',
  '606': "Max rate limit '100' exceeded with in '20' secs",
  '607': "Daily API quota of '50000' exceeded",
  '608': 'API Temporarily Unavailable',
  '611': 'System error',
  '614': 'Subscription is unreachable',
  '615': "Concurrent access limit '10' reached",
  '702': 'No data found for a given search scenario',
  '713': 'Transient error',
  '719': 'Lock wait timeout exception',
  '1003': 'Invalid value',
  '1004': 'Lead not found',
  '1013': 'Object not found',
  '1029': 'Export daily quota exceeded',
  '1035': 'Unsupported filter type for target subscription',
} as const;

export type FaultCode = keyof typeof MESSAGES;

/** What happens to the answer, or to the connection. */
const HAPPENINGS = [
  'http-429',
  'http-500',
  'http-502',
  'http-503',
  'truncated-json',
  'doubled-quotes',
  'no-success',
  'two-errors',
  'expires-in-0',
  'not-ready',
  'job-fails',
  'cut-midway',
  'cut',
  'hang',
] as const;

const CODES: Readonly<Record<string, string>> = MESSAGES;
export const isCode = (name: string): name is FaultCode => Object.hasOwn(MESSAGES, name);

/** In the order in which one random number is held against their rates. */
export const FAULTS: readonly Fault[] = [...Object.keys(MESSAGES).filter(isCode), ...HAPPENINGS];
export type Happening = (typeof HAPPENINGS)[number];
export type Fault = FaultCode | Happening;

export function messageOf(code: string): string {
  return CODES[code] ?? 'Unknown error';
}

const BAD_GATEWAY =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n';

const ANSWERS: Readonly<Partial<Record<Fault, Answer>>> = {
  'http-429': text(429, 'Too Many Requests'),
  'http-500': text(500, 'Internal Server Error'),
  'http-502': html(502, BAD_GATEWAY),
  'http-503': text(503, 'Service Unavailable'),
  'not-ready': text(404, 'Not Found'),
};

/** The answer that takes the place of the endpoint's own; nothing for faults that only spoil it. */
export function answerInstead(fault: Fault): Answer | undefined {
  return isCode(fault) ? envelopeError(fault, MESSAGES[fault]) : ANSWERS[fault];
}

/** Spoils an answer that was made: its JSON breaks off, has the bare `""102938""` in it, or lacks `success`. */
export function spoiled(fault: Fault | undefined, answer: Answer): Answer {
  if (answer.type !== 'json') return answer;
  const body = JSON.stringify(answer.body);
  const spoilt = (raw: string): Answer => ({ ...answer, type: 'raw-json', body: raw });
  if (fault === 'truncated-json') return spoilt(body.slice(0, Math.ceil(body.length * 0.6)));
  if (fault === 'doubled-quotes') return spoilt(withDoubledQuotes(body));
  if (fault === 'no-success') return spoilt(body.replace(/,?"success":(true|false)/, ''));
  return fault === 'two-errors' ? { ...answer, body: TWO_ERRORS } : answer;
}

const TWO_ERRORS = {
  requestId: 'e000#two',
  success: false,
  errors: ['1003', '611'].map((code) => ({ code, message: messageOf(code) })),
};

/** Real pages had it in the values of Campaign Run ID until August 2026. A page without one gets it elsewhere. */
function withDoubledQuotes(body: string): string {
  const broken = body.replace(
    /("name":"Campaign Run ID","value":)"?([0-9]+)"?/g,
    (_whole, head: string, digits: string) => `${head}""${digits}""`,
  );
  return broken === body ? body.replace(/"requestId":"([^"]*)"/, '"requestId":""$1""') : broken;
}
