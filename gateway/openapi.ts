/** `GET /openapi.json`, made from the schemas that bodies are read and answered with. */
import { z } from 'zod';
import { REQUEST_LIMITS } from './limits.js';
import * as schemas from './schemas.js';
import { WEBHOOK_BODY_BYTES } from './webhook-problems.js';

type Json = Readonly<Record<string, unknown>>;

/** Schemas by the name that they have in the document. */
const COMPONENTS = {
  FlatEvent: schemas.FlatEvent,
  LeadEvent: schemas.LeadEvent,
  WrappedLeadEvent: schemas.WrappedLeadEvent,
  TakenItem: schemas.TakenItem,
  InvalidItem: schemas.InvalidItem,
  EventStatus: schemas.EventStatus,
  Errors: schemas.FieldErrors,
  UnsubscribeCall: schemas.UnsubscribeCall,
  UnsubscribeTaken: schemas.UnsubscribeTaken,
  TokenRequest: schemas.TokenRequest,
  TokenAnswer: schemas.TokenAnswer,
  OAuthError: schemas.OAuthError,
  Health: schemas.HealthAnswer,
} as const satisfies Readonly<Record<string, z.ZodType>>;

const ref = (name: keyof typeof COMPONENTS): Json => ({ $ref: `#/components/schemas/${name}` });
const jsonContent = (schema: Json): Json => ({ 'application/json': { schema } });
const answer = (description: string, schema: Json): Json => ({ description, content: jsonContent(schema) });

const error = (description: string): Json => answer(description, ref('Errors'));
const oauthError = (description: string): Json => answer(description, ref('OAuthError'));
const header = (description: string): Json => ({ description, schema: { type: 'string' } });
const unavailable = {
  ...error('Cannot be taken now. Nothing was lost: send it again.'),
  headers: { 'Retry-After': header('Seconds') },
};
const tooSlow = error(`Did not arrive within ${REQUEST_LIMITS.requestTimeoutMs / 1_000} s`);
const unauthorized = error('No token, or one that is expired, forged or of a removed client');
const forbidden = error('The token lacks the scope');

const EVENT = { anyOf: [ref('FlatEvent'), ref('LeadEvent'), ref('WrappedLeadEvent')] };

const postEvents = {
  operationId: 'takeProductEvents',
  summary: 'Take one product event, or several',
  description: 'Answers 202 once the events are durable. Sending an event again changes nothing.',
  security: [{ oauth: ['product-events:write'] }],
  requestBody: {
    required: true,
    content: jsonContent({
      anyOf: [...EVENT.anyOf, { type: 'array', items: EVENT, maxItems: REQUEST_LIMITS.arrayItems }],
    }),
  },
  responses: {
    202: {
      ...answer('Taken. An array is answered item by item, in order', {
        anyOf: [
          ref('TakenItem'),
          { type: 'array', items: { anyOf: [ref('TakenItem'), ref('InvalidItem')] } },
        ],
      }),
      headers: { Location: header('For a single event: where to ask what became of it') },
    },
    400: error('Empty, not JSON or not UTF-8'),
    401: unauthorized,
    403: forbidden,
    408: tooSlow,
    413: error(`Over ${REQUEST_LIMITS.bodyBytes} bytes, or more than ${REQUEST_LIMITS.arrayItems} events`),
    415: error('Not JSON, not UTF-8 by its header, or compressed'),
    422: error('A single event that is not valid, or any body that is nested too deeply'),
    500: error('Unexpected; the answer has an X-Request-Id for the operators'),
    503: unavailable,
  },
};

const getEvent = {
  operationId: 'getProductEvent',
  summary: 'What became of an event',
  security: [{ oauth: ['product-events:read'] }],
  parameters: [
    { name: 'eventId', in: 'path', required: true, schema: { type: 'string' } },
    {
      name: 'group',
      in: 'query',
      required: false,
      description: 'As in the location that the acceptance named; found more slowly without',
      schema: { type: 'string' },
    },
  ],
  responses: {
    200: answer('Known', ref('EventStatus')),
    401: unauthorized,
    403: forbidden,
    404: error('No such event is known'),
    503: unavailable,
  },
};

const unsubscribeContent = { schema: ref('UnsubscribeCall') };
const postUnsubscribe = {
  operationId: 'takeMarketoUnsubscribe',
  summary: "What Marketo's Call Webhook step calls for somebody who unsubscribed",
  description:
    'Answers 200 once the request is durable. The content type is not looked at: the body says whether it is JSON or a form. A call that comes again changes nothing.',
  security: [{ webhook: [] }],
  requestBody: {
    required: true,
    content: {
      'application/json': unsubscribeContent,
      'application/x-www-form-urlencoded': unsubscribeContent,
    },
  },
  responses: {
    200: answer('Taken', ref('UnsubscribeTaken')),
    400: error('Empty, broken JSON, or not UTF-8'),
    401: error('No token, or a wrong one'),
    404: error('Marketo is not configured'),
    408: tooSlow,
    413: error(`Over ${WEBHOOK_BODY_BYTES} bytes`),
    415: error('Compressed'),
    422: error('No address, or none that can be one'),
    500: error('Unexpected; the answer has an X-Request-Id for the operators'),
    503: unavailable,
  },
};

const tokenContent = { schema: ref('TokenRequest') };
const postToken = {
  operationId: 'issueToken',
  summary: 'An access token for client credentials',
  description: 'Client id and secret as Basic credentials or in the body (RFC 6749, section 4.4).',
  requestBody: {
    required: true,
    content: { 'application/x-www-form-urlencoded': tokenContent, 'application/json': tokenContent },
  },
  responses: {
    200: answer('Valid for an hour', ref('TokenAnswer')),
    400: oauthError('Another grant type, unknown scopes, or a body that cannot be read'),
    401: oauthError('Unknown client or wrong secret'),
    408: tooSlow,
    413: oauthError('Body too large'),
    415: oauthError('Neither a form nor JSON'),
    503: { ...oauthError('Stopping: another gateway answers'), headers: unavailable.headers },
  },
};

const health = (operationId: string, summary: string, notReady?: string): Json => ({
  operationId,
  summary,
  responses: {
    200: answer('Yes', ref('Health')),
    ...(notReady === undefined ? {} : { 503: answer(notReady, ref('Health')) }),
  },
});

/** The interface as an OpenAPI 3.1 document. @see https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'iterable-recipes gateway',
      version: '1.0.0',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: {
      '/oauth/token': { post: postToken },
      '/v1/product-events': { post: postEvents },
      '/v1/product-events/{eventId}': { get: getEvent },
      '/v1/marketo/unsubscribes': { post: postUnsubscribe },
      '/healthz': { get: health('isUp', 'Whether the process answers') },
      '/readyz': {
        get: health('isReady', 'Whether events are taken now', 'Stopping, or Temporal does not answer'),
      },
      '/openapi.json': {
        get: {
          operationId: 'getInterface',
          summary: 'This document',
          responses: { 200: answer('OpenAPI 3.1', { type: 'object' }) },
        },
      },
    },
    components: {
      schemas: Object.fromEntries(
        Object.entries(COMPONENTS).map(([name, schema]) => [name, jsonSchemaOf(schema)]),
      ),
      securitySchemes: {
        webhook: { type: 'apiKey', in: 'header', name: 'X-Webhook-Token' },
        oauth: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: '/oauth/token',
              scopes: {
                'product-events:write': 'Send product events',
                'product-events:read': 'Ask what became of them',
              },
            },
          },
        },
      },
    },
  };
}

/** What may be sent, before the schema transforms it. */
function jsonSchemaOf(schema: z.ZodType): Json {
  const { $schema: _dialect, ...body } = z.toJSONSchema(schema, { io: 'input' });
  return body;
}
