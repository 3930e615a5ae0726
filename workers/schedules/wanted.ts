/** What runs by the clock, as data: the schedules that an installation with these settings has in Temporal. */
import type { Config } from '../../config/config.js';
import type { SyncModel } from '../../domain/sync-model.js';
import { MODELS } from '../../recipes/models/index.js';
import { RECONCILE } from '../../recipes/unsubscribes.js';
import { POLL_UNSUBSCRIBES, type PollUnsubscribesInput } from '../../workflows/poll-unsubscribes/messages.js';
import { RECONCILE_CONSENT, type ReconcileInput } from '../../workflows/reconcile-consent/messages.js';
import {
  SCHEDULED_SYNC,
  scheduledSyncId,
  type ScheduledSyncInput,
} from '../../workflows/sync-model/messages.js';

/** Every schedule of ours has an id that starts like this; others in the namespace are left alone. */
export const SCHEDULE_PREFIX = 'iterable-recipes/';

export interface WantedSchedule {
  readonly scheduleId: string;
  /** One line for people. */
  readonly about: string;
  readonly workflowType: string;
  /** Temporal appends the time of each run. */
  readonly workflowId: string;
  readonly input: PollUnsubscribesInput | ReconcileInput | ScheduledSyncInput;
  readonly when: Interval | TimeOfDay | CronTimes;
  /** Runs begin up to so much later, so that not everything begins in the same second. */
  readonly jitterMs: number;
  /** A run that was missed is made up for if it is not later than this: one period. */
  readonly catchupMs: number;
}

export interface Interval {
  readonly everyMs: number;
}
/** UTC. Without a day of the week: every day. 0 is Sunday. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly dayOfWeek?: number;
}

/** Five fields, see `domain/cron.ts`, on the clocks of that zone. */
export interface CronTimes {
  readonly cron: string;
  readonly timeZone: string;
}

const DAY_MS = 86_400_000;
const MOST_POLL_JITTER_MS = 5_000;
const RECONCILE_JITTER_MS = 60_000;
const SYNC_JITTER_MS = 60_000;

type Settings = Pick<Config, 'marketo' | 'warehouse' | 'deployEnvironment'>;

export function wantedSchedules(
  settings: Settings,
  models: readonly SyncModel[] = MODELS,
): readonly WantedSchedule[] {
  return [...consentSchedules(settings), ...syncSchedules(settings, models)];
}

/** Without a warehouse there are no models. */
function syncSchedules(
  { warehouse, deployEnvironment: environment }: Settings,
  models: readonly SyncModel[],
): readonly WantedSchedule[] {
  if (warehouse === undefined) return [];
  return models.map(({ name, schedule }) => ({
    scheduleId: `${SCHEDULE_PREFIX}sync-${name}`,
    about: `rows of ${name} to Iterable`,
    workflowType: SCHEDULED_SYNC,
    workflowId: scheduledSyncId(name),
    input: { model: name, environment },
    when: schedule,
    jitterMs: SYNC_JITTER_MS,
    catchupMs: DAY_MS,
  }));
}

/** Without Marketo there is nothing to poll and nothing to compare. */
function consentSchedules({ marketo, deployEnvironment: environment }: Settings): readonly WantedSchedule[] {
  if (marketo === undefined) return [];
  const everyMs = marketo.pollSeconds * 1_000;
  const reconcile = { workflowType: RECONCILE_CONSENT, jitterMs: RECONCILE_JITTER_MS };
  return [
    {
      scheduleId: `${SCHEDULE_PREFIX}poll-unsubscribes`,
      about: 'what unsubscribed in Marketo since the last run',
      workflowType: POLL_UNSUBSCRIBES,
      workflowId: POLL_UNSUBSCRIBES,
      input: { environment },
      when: { everyMs },
      jitterMs: Math.min(everyMs / 10, MOST_POLL_JITTER_MS),
      catchupMs: everyMs,
    },
    {
      ...reconcile,
      scheduleId: `${SCHEDULE_PREFIX}reconcile-recent`,
      about: 'unsubscribes of the last days that push and poll have missed',
      workflowId: `${RECONCILE_CONSENT}/recent`,
      input: { scope: 'recent', environment },
      when: RECONCILE.dailyAt,
      catchupMs: DAY_MS,
    },
    {
      ...reconcile,
      scheduleId: `${SCHEDULE_PREFIX}reconcile-all`,
      about: 'unsubscribed leads that Iterable would still mail',
      workflowId: `${RECONCILE_CONSENT}/all`,
      input: { scope: 'all', environment },
      when: RECONCILE.weeklyAt,
      catchupMs: 7 * DAY_MS,
    },
  ];
}
