/** What a worker registers for Iterable: the activities of `contract.ts`, sharing one client and one limiter. */
import type { Hasher } from '../../domain/person-hash.js';
import { mapProductEvent, type MapEvent } from '../../recipes/map-product-event.js';
import { createReviseEvent } from '../events/revise-event.js';
import { createIterableClient } from './client.js';
import type { EventActivities, IterableActivities } from './contract.js';
import { createDeliverEvents } from './deliver-events.js';
import type { LimitKey } from './endpoints.js';
import { createLimiter } from './limits.js';

export interface IterableDependencies {
  /** Scheme and host of Iterable's data center. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** This worker's part of the project's limits: 1 for a single worker, 0.25 for one of four. */
  readonly limitShare: number;
  readonly hasher: Hasher;
  /** ms since 1970 */
  readonly now?: () => number;
  /** Another mapping than that of recipes/, for whoever tries one out. */
  readonly mapEvent?: MapEvent;
  /** For tests and benchmarks; everything has a default that suits production. */
  readonly tuning?: {
    readonly perSecond?: Readonly<Partial<Record<LimitKey, number>>>;
    readonly callTimeoutMs?: number;
    readonly graceMs?: number;
    readonly random?: () => number;
  };
}

const SOCKETS = 256;
const GRACE_MS = 3_000;

export function createIterableActivities(deps: IterableDependencies): IterableActivities & EventActivities {
  const { callTimeoutMs, perSecond, graceMs = GRACE_MS, random = Math.random } = deps.tuning ?? {};
  const client = createIterableClient({
    baseUrl: deps.baseUrl,
    apiKey: deps.apiKey,
    sockets: SOCKETS,
    ...(callTimeoutMs === undefined ? {} : { timeoutMs: callTimeoutMs }),
  });
  const limiter = createLimiter({
    share: deps.limitShare,
    ...(perSecond === undefined ? {} : { perSecond }),
  });
  return {
    deliverEvents: createDeliverEvents({
      client,
      limiter,
      now: deps.now ?? Date.now,
      random,
      graceMs,
      mapEvent: deps.mapEvent ?? ((event) => mapProductEvent(event)),
    }),
    reviseEvent: createReviseEvent(deps.hasher),
  };
}
