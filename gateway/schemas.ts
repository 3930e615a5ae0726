/** The shapes that the gateway answers with, and those it reads from Temporal. /openapi.json is made from them. */
import { z } from 'zod';
import { LEAD_NAMES, ProductFields } from '../domain/product-event.schema.js';

export const SCOPES = ['product-events:write', 'product-events:read'] as const;
export type Scope = (typeof SCOPES)[number];

export const FieldErrors = z.object({
  errors: z.array(
    z.object({
      field: z
        .string()
        .meta({ description: 'Name of the field as it was sent; empty for the whole request' }),
      message: z.string().meta({ description: 'What is wrong, and what to do about it' }),
    }),
  ),
});
export type FieldErrors = z.infer<typeof FieldErrors>;

export const TakenItem = z.object({
  eventId: z.string().meta({ examples: ['saas-trial-mfzwi3dboq2gk5dp'] }),
  status: z.enum(['accepted', 'duplicate']),
  location: z.string().meta({ description: 'Path that answers what became of the event' }),
});
export type TakenItem = z.infer<typeof TakenItem>;

export const InvalidItem = z.object({ status: z.literal('invalid'), ...FieldErrors.shape });
export type InvalidItem = z.infer<typeof InvalidItem>;

export const EventStatus = z.object({
  eventId: z.string(),
  status: z.enum(['accepted', 'delivered', 'parked', 'discarded', 'failed']).meta({
    description:
      'accepted: on its way. parked: waits for a person. discarded: a person decided so. failed: its workflow was stopped by hand.',
  }),
  reason: z.string().optional().meta({ description: 'Why it was parked: a code of docs/reasons.md' }),
  class: z.string().optional().meta({ description: 'Class of the failure' }),
  since: z.string().optional().meta({ description: 'Parked or stopped since, ISO 8601' }),
  fix: z.string().optional().meta({ description: 'What to do about it' }),
});
export type EventStatus = z.infer<typeof EventStatus>;

export const TokenRequest = z.object({
  grant_type: z.literal('client_credentials'),
  scope: z
    .string()
    .optional()
    .meta({ description: 'Scopes, divided by blanks; all if absent', examples: [SCOPES.join(' ')] }),
  client_id: z.string().optional().meta({ description: 'Unless in the Authorization header' }),
  client_secret: z.string().optional().meta({ description: 'Unless in the Authorization header' }),
});

export const TokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int().meta({ description: 'Seconds' }),
  scope: z.string(),
});
export type TokenAnswer = z.infer<typeof TokenAnswer>;

export const OAUTH_ERRORS = [
  'invalid_request',
  'invalid_client',
  'unsupported_grant_type',
  'invalid_scope',
  'temporarily_unavailable',
  'server_error',
] as const;
/** @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export const OAuthError = z.object({ error: z.enum(OAUTH_ERRORS), error_description: z.string() });
export type OAuthError = z.infer<typeof OAuthError>;

/** What is neither text nor a number counts as empty, as do Marketo's tokens that have no value. */
const webhookValue = z.union([z.string(), z.number()]);
const trimmed = (value: string | number | undefined): string => String(value ?? '').trim();
const optionalWebhookValue = webhookValue.optional().transform(trimmed).catch('');

/** What Marketo's webhook sends, as JSON or as a form. */
export const UnsubscribeCall = z.object({
  email: webhookValue
    .transform(trimmed)
    .catch('')
    .meta({
      description: 'Address of the lead. A blank before the @ counts as the + that a token encoding damaged',
      examples: ['robin@example.com'],
    }),
  leadId: optionalWebhookValue.meta({ description: "Marketo's id of the lead", examples: [1001] }),
  activityDate: optionalWebhookValue.meta({
    description:
      'When the person unsubscribed, as Marketo writes dates. Absent, another text, or in the future: the receipt counts',
    examples: ['2026-11-24T08:00:00Z'],
  }),
  reason: optionalWebhookValue.meta({ description: 'Not kept: it may hold personal data' }),
});

export const UnsubscribeTaken = z.object({
  status: z.literal('accepted'),
  workflowId: z.string().meta({ description: 'The workflow that has the request' }),
  acceptedAt: z.string().meta({ description: 'When it was durable, ISO 8601' }),
});
export type UnsubscribeTaken = z.infer<typeof UnsubscribeTaken>;

export const HealthAnswer = z.object({ status: z.string() });

/** The same fields under the names of the `leads` table. */
const leadNameOf = new Map<string, string>(Object.entries(LEAD_NAMES).map(([lead, flat]) => [flat, lead]));
const leadShape = Object.fromEntries(
  Object.entries(ProductFields.shape).map(([name, schema]) => [leadNameOf.get(name) ?? name, schema]),
);
export const FlatEvent = z.looseObject(ProductFields.shape);
export const LeadEvent = z.looseObject(leadShape);
export const WrappedLeadEvent = z.looseObject({ trial_user: LeadEvent });

/** Result of `forwardEvents`, as far as it is read here. */
export const ForwardResult = z.object({
  outcomes: z.array(
    z.object({
      eventId: z.string(),
      status: z.string(),
      reason: z.string().optional(),
      class: z.string().optional(),
    }),
  ),
});

/** Result of `parkedEvent`, as far as it is read here. */
export const ParkedResult = z.object({
  status: z.string(),
  reason: z.string(),
  class: z.string(),
  since: z.string(),
});
