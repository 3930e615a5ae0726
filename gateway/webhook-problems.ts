/**
 * What the Marketo webhook says no to. Its answers are read by the people who set it up in Marketo, so they name the
 * choices there: Admin, Webhooks.
 */
import { problem, type Problem } from './problems.js';

export const WEBHOOK_BODY_BYTES = 16 * 1024;

const CHALLENGE = { 'www-authenticate': 'X-Webhook-Token realm="iterable-recipes"' };

function ofEmail(reason: string, message: string): Problem {
  return { status: 422, reason, errors: [{ field: 'email', message }] };
}

export const WEBHOOK_PROBLEMS = {
  off: problem(
    404,
    'marketo-off',
    'Marketo is not configured here: set MARKETO_BASE_URL, MARKETO_CLIENT_ID, MARKETO_CLIENT_SECRET and MARKETO_WEBHOOK_TOKEN, and start again.',
  ),
  noToken: problem(
    401,
    'no-webhook-token',
    'Add the custom header X-Webhook-Token to the webhook, with a token of MARKETO_WEBHOOK_TOKEN.',
    CHALLENGE,
  ),
  wrongToken: problem(
    401,
    'wrong-webhook-token',
    'The header X-Webhook-Token has none of the tokens of MARKETO_WEBHOOK_TOKEN.',
    CHALLENGE,
  ),
  emptyBody: problem(
    400,
    'empty-webhook-body',
    'The body is empty: give the webhook a payload template, and the request type POST.',
  ),
  brokenBody: problem(
    400,
    'broken-webhook-body',
    'The body is no JSON object. Choose Request Token Encoding: JSON, and write the tokens of the template without quotes around them.',
  ),
  tooLarge: problem(
    413,
    'webhook-body-too-large',
    `The body of a webhook has at most ${WEBHOOK_BODY_BYTES / 1024} KB; email, leadId, activityDate and reason are all that is read.`,
  ),
  noEmail: ofEmail(
    'no-email',
    'an e-mail address is required: the template has to fill email with {{lead.Email Address}}',
  ),
  invalidEmail: ofEmail(
    'invalid-email',
    'is no e-mail address; with Request Token Encoding: JSON it arrives as it is in Marketo',
  ),
} as const satisfies Readonly<Record<string, Problem>>;
