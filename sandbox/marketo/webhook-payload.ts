/** The body of a webhook call: a template with tokens, filled in one of Marketo's three ways. */
import { formatDate } from './dates.js';
import type { SandboxLead, WebhookTarget } from './interface.js';

export interface Payload {
  readonly body: string;
  readonly contentType: string | undefined;
}

/** What the template names, with the token that fills it. Tokens without a value are empty. */
function valuesOf(lead: SandboxLead, atMs: number, target: WebhookTarget): Readonly<Record<string, string>> {
  const { dateTimeAs = 'iso', leadIdAs } = target;
  const dateTimes = { iso: formatDate(atMs, 'zulu'), 'no-zone': formatDate(atMs, 'no-zone'), empty: '' };
  const reason = lead.fields['unsubscribedReason'];
  return {
    // {{lead.Email Address}}, {{lead.Id}}, {{system.dateTime}}, {{lead.Unsubscribed Reason}}
    email: lead.email ?? '',
    leadId: leadIdAs === 'empty' ? '' : String(lead.id),
    activityDate: dateTimes[dateTimeAs],
    reason: reason == null ? '' : String(reason),
  };
}

/** As the template's own quotes make it: quotes and line breaks in a value break it, and `+` arrives as a space. */
function unencoded(values: Readonly<Record<string, string>>): string {
  const parts = Object.entries(values).map(([name, value]) => `"${name}":"${value.replaceAll('+', ' ')}"`);
  return `{${parts.join(',')}}`;
}

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/webhooks/webhooks */
export function payloadFor(lead: SandboxLead, atMs: number, target: WebhookTarget): Payload {
  const values = valuesOf(lead, atMs, target);
  const asForm = target.encoding === 'form';
  const usual = asForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const contentType = target.contentType === undefined ? usual : (target.contentType ?? undefined);
  if (asForm) return { body: new URLSearchParams(values).toString(), contentType };
  if (target.encoding === 'none') return { body: unencoded(values), contentType };
  const typed = target.leadIdAs === 'number' ? { ...values, leadId: lead.id } : values;
  return { body: JSON.stringify(typed), contentType };
}
