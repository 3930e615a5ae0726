/** A schedule in the words of Temporal's client, and back: what of it is compared with what the server has. */
import {
  ScheduleOverlapPolicy,
  type CalendarSpec,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Interval, TimeOfDay, WantedSchedule } from './wanted.js';

const TASK_QUEUE = 'recipes';
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

/** A run that is due while the one before it goes on is skipped: each run takes everything that is there. */
const OVERLAP = ScheduleOverlapPolicy.SKIP;

export function optionsOf(wanted: WantedSchedule): Pick<ScheduleOptions, 'spec' | 'action' | 'policies'> {
  const { when, jitterMs, catchupMs, about } = wanted;
  return {
    spec: {
      ...('everyMs' in when
        ? { intervals: [{ every: when.everyMs }] }
        : { calendars: [calendarOf(when)], timezone: 'UTC' }),
      jitter: jitterMs,
    },
    action: {
      type: 'startWorkflow',
      workflowType: wanted.workflowType,
      workflowId: wanted.workflowId,
      taskQueue: TASK_QUEUE,
      args: [wanted.input],
      staticSummary: about,
    },
    policies: { overlap: OVERLAP, catchupWindow: catchupMs, pauseOnFailure: false },
  };
}

function calendarOf({ hour, minute, dayOfWeek }: TimeOfDay): CalendarSpec {
  const day = dayOfWeek === undefined ? undefined : DAYS[dayOfWeek];
  return { hour, minute, ...(day === undefined ? {} : { dayOfWeek: day }) };
}

/** What people change in a schedule, each as a text to compare and to show. */
export type Facets = Readonly<
  Record<'when' | 'jitter' | 'policy' | 'workflow' | 'input' | 'summary', string>
>;

export function facetsOf(wanted: WantedSchedule): Facets {
  const { workflowType, workflowId, input, jitterMs, catchupMs, about } = wanted;
  return {
    when: timeTable(wanted.when),
    jitter: `${jitterMs} ms`,
    policy: policyText(OVERLAP, catchupMs, false),
    workflow: workflowText(workflowType, workflowId, TASK_QUEUE),
    input: sortedJson([input]),
    summary: about,
  };
}

export function facetsThere({ spec, action, policies }: ScheduleDescription): Facets {
  const { workflowType, workflowId, taskQueue } = action;
  return {
    when: [
      ...(spec.intervals ?? []).map(intervalText),
      ...(spec.calendars ?? []).map(calendarText),
      ...(spec.skip ?? []).map((calendar) => `not ${calendarText(calendar)}`),
    ].join(', '),
    jitter: `${spec.jitter ?? 0} ms`,
    policy: policyText(policies.overlap, policies.catchupWindow, policies.pauseOnFailure),
    workflow: workflowText(workflowType, workflowId, taskQueue),
    input: sortedJson(action.args ?? []),
    summary: action.staticSummary ?? '',
  };
}

/** `every 300 s`, `04:20:00`, `05:40:00 SUNDAY`; times are UTC. */
export function timeTable(when: Interval | TimeOfDay): string {
  if ('everyMs' in when) return intervalText({ every: when.everyMs, offset: 0 });
  const { hour, minute, dayOfWeek } = when;
  const day = dayOfWeek === undefined ? [] : [DAYS[dayOfWeek] ?? ''];
  return [[hour, minute, 0].map(twoDigits).join(':'), ...day].join(' ');
}

type Spec = ScheduleDescription['spec'];

function intervalText({
  every,
  offset,
}: Pick<NonNullable<Spec['intervals']>[number], 'every' | 'offset'>): string {
  return `every ${every / 1_000} s${offset ? ` from ${offset / 1_000} s on` : ''}`;
}

/** What is as in a schedule that says nothing of it is left out. */
const UNSAID = new Set(['SUNDAY-SATURDAY', 'JANUARY-DECEMBER', '01-31', '']);

function calendarText(calendar: NonNullable<Spec['calendars']>[number]): string {
  const { second, minute, hour, dayOfWeek, dayOfMonth, month, year } = calendar;
  const days = [dayOfWeek, dayOfMonth, month, year].map(rangesText).filter((text) => !UNSAID.has(text));
  return [[hour, minute, second].map(rangesText).join(':'), ...days].join(' ');
}

type Ranges = readonly {
  readonly start: number | string;
  readonly end: number | string;
  readonly step: number;
}[];

function rangesText(ranges: Ranges | '*'): string {
  if (ranges === '*') return '*';
  return ranges
    .map(({ start, end, step }) => {
      const span = start === end ? twoDigits(start) : `${twoDigits(start)}-${twoDigits(end)}`;
      return step === 1 ? span : `${span}/${step}`;
    })
    .join(',');
}

function twoDigits(value: number | string): string {
  return String(value).padStart(2, '0');
}

function policyText(overlap: string | undefined, catchupMs: number, isPausing: boolean): string {
  return `${overlap ?? OVERLAP}, makes up within ${catchupMs / 1_000} s${isPausing ? ', pauses on failure' : ''}`;
}

function workflowText(type: string, id: string | undefined, queue: string): string {
  return `${type} as ${id ?? 'any'} on ${queue}`;
}

/** Payloads keep the order of their keys, which says nothing. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
