/** What a worker registers for Iterable. All of its activities share one client and one limiter: `connectIterable`. */
import type { Hasher } from '../../domain/person-hash.js';
import { mapProductEvent, type MapEvent } from '../../recipes/map-product-event.js';
import { createReviseEvent } from '../events/revise-event.js';
import { createApplyConsent } from './apply-consent.js';
import type { Tools } from './attempt.js';
import { createIterableClient } from './client.js';
import type { ConsentSettings, IterableConsentActivities } from './consent-contract.js';
import type { EventActivities, IterableActivities } from './contract.js';
import { createDeliverEvents } from './deliver-events.js';
import type { LimitKey } from './endpoints.js';
import { createLimiter } from './limits.js';

export interface IterableSettings {
  /** Scheme and host of Iterable's data center. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** This worker's part of the project's limits: 1 for a single worker, 0.25 for one of four. */
  readonly limitShare: number;
  /** ms since 1970 */
  readonly now?: () => number;
  /** For tests and benchmarks; everything has a default that suits production. */
  readonly tuning?: {
    readonly perSecond?: Readonly<Partial<Record<LimitKey, number>>>;
    readonly callTimeoutMs?: number;
    readonly graceMs?: number;
    readonly random?: () => number;
  };
}

export interface IterableDependencies extends IterableSettings {
  readonly hasher: Hasher;
  /** Another mapping than that of recipes/, for whoever tries one out. */
  readonly mapEvent?: MapEvent;
}

const SOCKETS = 256;
const GRACE_MS = 3_000;

/** One client and one limiter, for everything in this process that calls Iterable. */
export function connectIterable(settings: IterableSettings): Tools {
  const { callTimeoutMs, perSecond, graceMs = GRACE_MS, random = Math.random } = settings.tuning ?? {};
  return {
    client: createIterableClient({
      baseUrl: settings.baseUrl,
      apiKey: settings.apiKey,
      sockets: SOCKETS,
      ...(callTimeoutMs === undefined ? {} : { timeoutMs: callTimeoutMs }),
    }),
    limiter: createLimiter({
      share: settings.limitShare,
      ...(perSecond === undefined ? {} : { perSecond }),
    }),
    now: settings.now ?? Date.now,
    random,
    graceMs,
  };
}

/** @param tools what the worker's other activities use as well */
export function createIterableActivities(
  deps: IterableDependencies,
  tools: Tools = connectIterable(deps),
): IterableActivities & EventActivities {
  return {
    deliverEvents: createDeliverEvents(tools, deps.mapEvent ?? ((event) => mapProductEvent(event))),
    reviseEvent: createReviseEvent(deps.hasher),
  };
}

/** @param settings read again by running workflows every hour */
export function createIterableConsentActivities(
  tools: Tools,
  settings: ConsentSettings,
): IterableConsentActivities {
  return {
    consentSettings: () => Promise.resolve(settings),
    applyConsent: createApplyConsent(tools, settings),
  };
}
