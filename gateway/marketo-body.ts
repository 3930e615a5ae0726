/**
 * Reads the body of Marketo's Call Webhook step. What arrives depends on the template and the token encoding that
 * somebody chose in Marketo, and the content type on neither: the body itself says whether it is JSON or a form.
 * @see https://experienceleague.adobe.com/en/docs/marketo/using/product-docs/administration/additional-integrations/create-a-webhook
 */
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { ConsentRequest } from '../domain/consent.js';
import { looksLikeEmail, normaliseEmail } from '../domain/email.js';
import { endOfSecond, parseMarketoDate } from '../domain/marketo-date.js';
import type { Hasher } from '../domain/person-hash.js';
import { PROBLEMS, Rejection } from './problems.js';
import { UnsubscribeCall } from './schemas.js';
import { WEBHOOK_PROBLEMS } from './webhook-problems.js';

export interface ReadUnsubscribe {
  readonly request: ConsentRequest;
  /** A blank in the address was taken for the `+` that a token encoding had damaged. */
  readonly isRepaired: boolean;
}

/** @throws Rejection for what says of nobody that they unsubscribed */
export function readUnsubscribe(body: unknown, receivedAtMs: number, hasher: Hasher): ReadUnsubscribe {
  const call = UnsubscribeCall.parse(fieldsOf(textOf(body)));
  if (call.email === '') throw new Rejection(WEBHOOK_PROBLEMS.noEmail);
  const sent = normaliseEmail(call.email);
  const email = withPlusSigns(sent);
  if (!looksLikeEmail(email)) throw new Rejection(WEBHOOK_PROBLEMS.invalidEmail);
  const activityAtMs = parseMarketoDate(call.activityDate);
  const leadId = /^[1-9]\d{0,14}$/.test(call.leadId) ? { leadId: Number(call.leadId) } : {};
  const request: ConsentRequest = {
    reference: referenceOf({ email, ...leadId }, activityAtMs, hasher),
    change: 'opt-out',
    source: 'marketo-webhook',
    // A clock that runs ahead, or a date of another thing, must not outrank what the person does later.
    sourceAtMs: Math.min(endOfSecond(activityAtMs ?? receivedAtMs), receivedAtMs),
    receivedAtMs,
    email,
    ...leadId,
  };
  return { request, isRepaired: email !== sent };
}

function textOf(body: unknown): string {
  if (!Buffer.isBuffer(body)) throw new Rejection(WEBHOOK_PROBLEMS.emptyBody);
  if (!isUtf8(body)) throw new Rejection(PROBLEMS.brokenText);
  const text = body
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();
  if (text === '') throw new Rejection(WEBHOOK_PROBLEMS.emptyBody);
  return text;
}

/** A form never begins with a bracket or a quote: it would have encoded it. Of a name that comes twice the last counts. */
function fieldsOf(text: string): object {
  if (!/^[{["]/.test(text)) return Object.fromEntries(new URLSearchParams(text));
  const parsed = parsedJson(text);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw new Rejection(WEBHOOK_PROBLEMS.brokenBody);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Rejection(WEBHOOK_PROBLEMS.brokenBody);
  }
}

/**
 * No address of a person has a blank before its `@`. One that does had a `+` there, which is a blank in a form:
 * `robin+news@example.com` arrives like this where the token encoding is none.
 */
function withPlusSigns(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 0 ? email : email.slice(0, at).replaceAll(' ', '+') + email.slice(at);
}

/** The same act has the same reference, however often Marketo reports it. Without its date nothing tells acts apart. */
function referenceOf(
  { email, leadId }: { readonly email: string; readonly leadId?: number },
  activityAtMs: number | undefined,
  hasher: Hasher,
): string {
  if (activityAtMs === undefined) return `webhook-${randomUUID()}`;
  return `webhook-${hasher.text('marketo webhook', JSON.stringify([leadId ?? null, email, activityAtMs]))}`;
}
