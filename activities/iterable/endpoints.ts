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
  messageTypes: 100,
  channels: 100,
  /** Nothing is published for it. A person is read, 100/s, before anything of theirs is written. */
  subscriptions: 100,
} as const;
export type LimitKey = keyof typeof PUBLISHED_PER_SECOND;
/** Where the figure above is our own. */
export const UNPUBLISHED: ReadonlySet<LimitKey> = new Set<LimitKey>(['subscriptions']);

interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the names of what the request's `params` hold: `{email}`. */
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
  getMessageTypes: {
    method: 'GET',
    path: '/api/messageTypes',
    limit: 'messageTypes',
    docs: 'https://api.iterable.com/api/docs#messageTypes_messageTypes',
  },
  getChannels: {
    method: 'GET',
    path: '/api/channels',
    limit: 'channels',
    docs: 'https://api.iterable.com/api/docs#channels_channels',
  },
  subscribeToType: {
    method: 'PATCH',
    path: '/api/subscriptions/messageType/{id}/user/{email}',
    limit: 'subscriptions',
    docs: 'https://api.iterable.com/api/docs#subscriptions_subscribeSingleUser',
  },
  unsubscribeFromType: {
    method: 'DELETE',
    path: '/api/subscriptions/messageType/{id}/user/{email}',
    limit: 'subscriptions',
    docs: 'https://api.iterable.com/api/docs#subscriptions_unsubscribeSingleUser',
  },
  updateSubscriptions: {
    method: 'POST',
    path: '/api/users/updateSubscriptions',
    limit: 'subscriptions',
    docs: 'https://api.iterable.com/api/docs#users_updateSubscriptions',
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
  readonly getMessageTypes: { readonly query: Readonly<Record<string, never>> };
  readonly getChannels: { readonly query: Readonly<Record<string, never>> };
  readonly subscribeToType: { readonly params: TypeOfPerson };
  readonly unsubscribeFromType: { readonly params: TypeOfPerson };
  readonly updateSubscriptions: {
    /** An array that is given replaces the stored one; one that is absent stays. */
    readonly body: {
      readonly email: string;
      readonly subscribedMessageTypeIds?: readonly number[];
      readonly unsubscribedMessageTypeIds?: readonly number[];
      readonly validateChannelAlignment: boolean;
    };
  };
}

interface TypeOfPerson {
  /** Of the message type. */
  readonly id: number;
  readonly email: string;
}
