/** Who Iterable has, for rows that create nobody. Each person is looked up once; who was there is remembered. */
import { LRUCache } from 'lru-cache';
import { judgeUser, type Rejected, type Retry } from '../answers.js';
import type { Attempt } from '../attempt.js';

const REMEMBERED = 50_000;

export type Presence = { readonly kind: 'user' } | { readonly kind: 'unknown-user' } | Rejected | Retry;

export interface People {
  /** @see https://api.iterable.com/api/docs#users_getUser 100 a second */
  readonly lookUp: (email: string, attempt: Attempt) => Promise<Presence>;
}

export function createPeople(): People {
  const there = new LRUCache<string, true>({ max: REMEMBERED });
  return {
    lookUp: async (email, attempt) => {
      if (there.has(email)) return { kind: 'user' };
      const found = await attempt.ask('getUserByEmail', { query: { email } }, judgeUser);
      if (found.kind === 'user') there.set(email, true);
      return found;
    },
  };
}
