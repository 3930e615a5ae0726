/** The table of docs/http.md, from the gateway's own list of problems. */
import { AUTH_PROBLEMS, wrongScope } from '../../gateway/auth.js';
import { PROBLEMS, unavailable, UNAVAILABLE, type Problem } from '../../gateway/problems.js';
import { UNKNOWN_EVENT } from '../../gateway/product-events.js';
import { WEBHOOK_PROBLEMS } from '../../gateway/webhook-problems.js';
import { code, markdownTable } from './generated.js';

/** Those whose text depends on the request; the others are constants of the gateway. */
const BY_REQUEST: readonly (readonly [status: number, reason: string, message: string])[] = [
  [405, 'wrong-method', 'This path takes the methods in the header Allow.'],
  [422, 'invalid-event', 'Each entry of `errors` names a field as it was sent, and what would be right.'],
  [
    202,
    'invalid-item',
    'One item of an array: its `errors` say what would be right. The other items are taken.',
  ],
];

/** Each reason for which something is not taken, and what its message says to do. */
export function httpProblemsTable(): string {
  const problems: readonly Problem[] = [
    ...Object.values(AUTH_PROBLEMS),
    wrongScope('product-events:write'),
    ...Object.values(PROBLEMS),
    UNKNOWN_EVENT,
    ...Object.values(WEBHOOK_PROBLEMS),
    ...Object.keys(UNAVAILABLE).filter(isUnavailable).map(unavailable),
  ];
  const constant = problems.map(
    ({ status, reason, errors }) => [status, reason, errors.map(({ message }) => message).join(' ')] as const,
  );
  const rows = [...constant, ...BY_REQUEST]
    .toSorted(([a], [b]) => a - b)
    .map(([status, reason, message]) => [String(status), code(reason), message.replaceAll('<', '\\<')]);
  return markdownTable(['Status', 'Reason', 'What to do'], rows);
}

function isUnavailable(reason: string): reason is keyof typeof UNAVAILABLE {
  return Object.hasOwn(UNAVAILABLE, reason);
}
