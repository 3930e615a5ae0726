/** What a worker registers for Marketo, and what other activities read of it, sharing one client, token and limiter. */
import type { Hasher } from '../../domain/person-hash.js';
import type { ConsentStarter } from '../consent/contract.js';
import { createMarketoClient } from './client.js';
import { createConnection } from './connection.js';
import type { MarketoActivities } from './contract.js';
import { createWatchedFieldIds } from './describe.js';
import { createExtracts, waitInShortage } from './extracts.js';
import { createReadExtract, type ReadExtract } from './extract-file.js';
import { createFollowUnsubscribes, type ConsentLogWriter } from './follow-unsubscribes.js';
import { findLeads, type Lead } from './leads.js';
import { createLimiter, PRIORITY } from './limits.js';
import { createMarketoStanding } from './standing.js';
import { createUsageWatch, USUAL_DAILY_CALLS } from './usage.js';

export interface MarketoDependencies {
  /** Scheme and host of the instance, without `/rest`. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** This worker's part of the calls: 1 for a single worker, 0.25 for one of four. */
  readonly limitShare: number;
  readonly hasher: Hasher;
  readonly starter: ConsentStarter;
  readonly log: ConsentLogWriter;
  /** Calls that the instance has a day; 50,000 unless told. */
  readonly dailyCalls?: number;
  /** ms since 1970 */
  readonly now?: () => number;
  /** For tests and benchmarks; everything has a default that suits production. */
  readonly tuning?: {
    readonly callsPerWindow?: number;
    readonly callTimeoutMs?: number;
    readonly pagesAtOnce?: number;
    readonly pagesPerStep?: number;
    readonly random?: () => number;
  };
}

/** What activities of other systems read of Marketo. Only within an activity; waits while calls are kept for polls. */
export interface MarketoReader {
  /**
   * The leads of these ids as they are now. Those that Marketo has no more are missing.
   * @throws ApplicationFailure of type `unavailable`, `rate-limited` or `auth`, retryable
   */
  readonly lookUpLeads: (ids: readonly number[]) => Promise<readonly Lead[]>;
  readonly readExtract: ReadExtract;
}

export interface Marketo {
  /** For the queue `marketo`. */
  readonly activities: MarketoActivities;
  readonly reader: MarketoReader;
}

const SOCKETS = 10;

export function createMarketoActivities(deps: MarketoDependencies): Marketo {
  const { callTimeoutMs, callsPerWindow, random = Math.random, ...pages } = deps.tuning ?? {};
  const { baseUrl, clientId, clientSecret, hasher, starter, log, now = Date.now } = deps;
  const client = createMarketoClient({
    ...{ baseUrl, clientId, clientSecret, sockets: SOCKETS },
    ...(callTimeoutMs === undefined ? {} : { timeoutMs: callTimeoutMs }),
  });
  const limiter = createLimiter({
    share: deps.limitShare,
    ...(callsPerWindow === undefined ? {} : { callsPerWindow }),
    ...(deps.now === undefined ? {} : { clock: deps.now }),
  });
  const connection = createConnection({ client, limiter, now, random });
  const { dailyCalls = USUAL_DAILY_CALLS } = deps;
  const usage = createUsageWatch({ connection, dailyCalls, now, random });
  return {
    activities: {
      followUnsubscribes: createFollowUnsubscribes({
        ...{ connection, usage, starter, log, hasher, now },
        ...pages,
      }),
      marketoStanding: createMarketoStanding(connection),
      ...createExtracts({ connection, usage, fieldIds: createWatchedFieldIds(connection, now) }),
    },
    reader: {
      lookUpLeads: async (ids) => {
        await waitInShortage(usage, 'leads');
        return findLeads(connection, 'id', [...new Set(ids)].map(String), {
          priority: PRIORITY.background,
        });
      },
      readExtract: createReadExtract(connection),
    },
  };
}
