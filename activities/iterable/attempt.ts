/** The calls of one attempt of an activity: each within the limits, counted and judged; none once Iterable is down. */
import { Context } from '@temporalio/activity';
import PQueue from 'p-queue';
import type { Reason } from '../../domain/reasons.js';
import type { FailureClass, Verdict } from '../../domain/verdict.js';
import { namedWaitMs, type Moment, type Retry } from './answers.js';
import type { IterableClient, Reply } from './client.js';
import { ENDPOINTS, type EndpointName, type Requests } from './endpoints.js';
import type { Limiter } from './limits.js';
import { iterableMetrics, type IterableMetrics } from './metrics.js';
import { createStopper } from './stopper.js';

/** What all attempts of a worker share. */
export interface Tools {
  readonly client: IterableClient;
  readonly limiter: Limiter;
  /** ms since 1970 */
  readonly now: () => number;
  /** 0 to 1 */
  readonly random: () => number;
  /** How long calls under way may go on after a cancellation. */
  readonly graceMs: number;
}

export interface Attempt {
  /** ms since 1970 */
  readonly now: () => number;
  readonly metrics: IterableMetrics;
  /** One draw, 0 to 1: what an attempt postpones, it postpones together. */
  readonly random: number;
  /** Makes one call when its turn comes, and judges its reply. Once the attempt has stopped: `retry`, without a call. */
  readonly ask: Asking;
  /**
   * Takes the turn of one call of this endpoint, and runs the task within it: the call, made by `askNow`, then follows
   * at once on whatever the task does first.
   */
  readonly inTurnOf: <T>(
    endpoint: EndpointName,
    task: (askNow: AskingNow) => Promise<T>,
  ) => Promise<T | Retry>;
  /** Runs tasks side by side: few until Iterable has answered, then many. */
  readonly runAll: <T>(tasks: readonly (() => Promise<T>)[]) => Promise<T[]>;
  /** Lets go of timers and listeners. */
  readonly end: () => void;
}

/** A verdict, or what a call found out. */
type Judgement =
  | Verdict
  | { readonly kind: 'user' | 'unknown-user' | 'found' | 'not-enabled' }
  | { readonly kind: 'answered' | 'too-large' }
  | { readonly kind: 'refused' | 'lost'; readonly class: FailureClass };

type Asking = <E extends EndpointName, V extends Judgement>(
  endpoint: E,
  request: Requests[E],
  judge: (reply: Reply, moment: Moment) => V,
) => Promise<V | Retry>;
/** Without a turn of its own, and so never abandoned. */
type AskingNow = <E extends EndpointName, V extends Judgement>(
  endpoint: E,
  request: Requests[E],
  judge: (reply: Reply, moment: Moment) => V,
) => Promise<V>;

/** So many calls in a row that an endpoint turns away end the attempt; so many go out first. */
const PROBES = 10;
export const SIDE_BY_SIDE = 48;
const TURNED_AWAY: ReadonlySet<Reason> = new Set<Reason>([
  'unavailable',
  'unreachable',
  'bad-credentials',
  'endpoint-not-found',
  'rate-limited',
]);
const MIDDLE_PRIORITY = 3;
/** How long a 429 that names no wait holds up the endpoint for everybody; the batch itself waits longer each time. */
const UNNAMED_PAUSE_MS = 1_000;

export function startAttempt({ client, limiter, now, random, graceMs }: Tools): Attempt {
  const { attempt, priority } = Context.current().info;
  const draw = random();
  const metrics = iterableMetrics();
  const lanes = new PQueue({ concurrency: PROBES });
  const stopper = createStopper(graceMs);
  const failuresInARow = new Map<EndpointName, number>();
  let hasAnswered = false;

  const learnFrom = (endpoint: EndpointName, verdict: Judgement, namedMs: number | undefined): void => {
    const problem = isRetry(verdict) ? verdict : undefined;
    if (problem?.class === 'rate-limited')
      limiter.pause(ENDPOINTS[endpoint].limit, namedMs ?? UNNAMED_PAUSE_MS);
    if (problem === undefined || !TURNED_AWAY.has(problem.reason)) {
      failuresInARow.set(endpoint, 0);
      if (!hasAnswered) lanes.concurrency = SIDE_BY_SIDE;
      hasAnswered = true;
      return;
    }
    const failures = (failuresInARow.get(endpoint) ?? 0) + 1;
    failuresInARow.set(endpoint, failures);
    if (failures >= PROBES) stopper.stop(problem);
    // Until the first good answer a failed probe is not followed by another one.
    else if (!hasAnswered) lanes.concurrency = Math.max(1, lanes.concurrency - 1);
  };

  const askingAfter =
    (waitedMs: number): AskingNow =>
    async (endpoint, request, judge) => {
      const reply = await client.call(endpoint, request, stopper.underWay);
      const moment = { attempt, nowMs: now(), random: draw };
      const verdict = judge(reply, moment);
      metrics.countCall(endpoint, 'class' in verdict ? verdict.class : 'ok', waitedMs);
      learnFrom(endpoint, verdict, namedWaitMs(reply, moment));
      return verdict;
    };
  const inTurnOf: Attempt['inTurnOf'] = async (endpoint, task) => {
    const turn = await limiter.run(ENDPOINTS[endpoint].limit, (waitedMs) => task(askingAfter(waitedMs)), {
      signal: stopper.starting,
      // Temporal's priority 1 goes first, the limiter's highest number does.
      priority: -(priority?.priorityKey ?? MIDDLE_PRIORITY),
    });
    if (turn.kind === 'abandoned') return stopper.unsent();
    return turn.kind === 'paused' ? paused(turn.remainingMs) : turn.value;
  };

  return {
    now,
    metrics,
    random: draw,
    ask: (endpoint, request, judge) => inTurnOf(endpoint, (askNow) => askNow(endpoint, request, judge)),
    inTurnOf,
    runAll: async (tasks) => {
      try {
        return await lanes.addAll(tasks);
      } finally {
        await lanes.onIdle(); // a defect in one task leaves none running behind the activity's back
      }
    },
    end: stopper.end,
  };
}

function paused(afterMs: number): Retry {
  return { kind: 'retry', reason: 'rate-limited', class: 'rate-limited', afterMs: Math.ceil(afterMs) };
}

function isRetry(verdict: Judgement): verdict is Retry {
  return verdict.kind === 'retry';
}
