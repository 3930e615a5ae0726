/** The Iterable endpoints that this project calls. A new call is one entry here and its request in `Requests`. */
import type { FieldValue } from '../../domain/field-mapping.js';

/**
 * Published limits, requests per second and project. Endpoints of one key share one budget.
 * @see https://api.iterable.com/api/docs each endpoint's page states its own
 */
export const PUBLISHED_PER_SECOND = {
  'users/update': 500,
  'events/track': 2000,
  'users/get': 100,
} as const;
export type LimitKey = keyof typeof PUBLISHED_PER_SECOND;

interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly path: `/api/${string}`;
  readonly limit: LimitKey;
  readonly docs: string;
}

export const ENDPOINTS = {
  updateUser: {
    method: 'POST',
    path: '/api/users/update',
    limit: 'users/update',
    docs: 'https://api.iterable.com/api/docs#users_updateUser',
  },
  trackEvent: {
    method: 'POST',
    path: '/api/events/track',
    limit: 'events/track',
    docs: 'https://api.iterable.com/api/docs#events_track',
  },
  getUserByEmail: {
    method: 'GET',
    path: '/api/users/getByEmail',
    limit: 'users/get',
    docs: 'https://api.iterable.com/api/docs#users_getUser',
  },
} as const satisfies Readonly<Record<string, Endpoint>>;
export type EndpointName = keyof typeof ENDPOINTS;

type Fields = Readonly<Record<string, FieldValue>>;

/** What each endpoint is asked. Absent ids stay absent: Iterable reads null as an address. */
export interface Requests {
  readonly updateUser: {
    readonly body: { readonly email: string; readonly userId?: string; readonly dataFields?: Fields };
  };
  readonly trackEvent: {
    readonly body: {
      readonly email: string;
      readonly eventName: string;
      /** Upsert key, at most 512 bytes: the same id again changes the event instead of adding one. */
      readonly id: string;
      /** Whole seconds since 1970. */
      readonly createdAt: number;
      readonly dataFields: Fields;
    };
  };
  readonly getUserByEmail: { readonly query: { readonly email: string } };
}
