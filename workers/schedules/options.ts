/** A schedule in the words of Temporal's client, and back: what of it is compared with what the server has. */
import {
  ScheduleOverlapPolicy,
  type CalendarSpec,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';
import { parseCron, type CronRange } from '../../domain/cron.js';
import type { CronTimes, Interval, TimeOfDay, WantedSchedule } from './wanted.js';

const TASK_QUEUE = 'recipes';
const UTC = 'UTC';
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;
const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;

/** A run that is due while the one before it goes on is skipped: each run takes everything that is there. */
const OVERLAP = ScheduleOverlapPolicy.SKIP;

export function optionsOf(wanted: WantedSchedule): Pick<ScheduleOptions, 'spec' | 'action' | 'policies'> {
  const { when, jitterMs, catchupMs, about } = wanted;
  return {
    spec: {
      ...timesOf(when),
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

function timesOf(
  when: WantedSchedule['when'],
): Pick<ScheduleOptions['spec'], 'intervals' | 'calendars' | 'timezone'> {
  if ('everyMs' in when) return { intervals: [{ every: when.everyMs }] };
  if ('cron' in when) return { calendars: [cronCalendar(when)], timezone: when.timeZone };
  return { calendars: [calendarOf(when)], timezone: UTC };
}

/** @throws Error for a text that is no cron expression: models are checked where they are defined */
function cronCalendar({ cron }: CronTimes): CalendarSpec {
  const times = parseCron(cron);
  if (times === undefined) throw new Error(`not a cron expression: ${cron}`);
  const { minute = [], hour = [], dayOfMonth, month, dayOfWeek } = times;
  return {
    minute: [...minute],
    hour: [...hour],
    ...(dayOfMonth === undefined ? {} : { dayOfMonth: [...dayOfMonth] }),
    ...(month === undefined ? {} : { month: named(month, MONTHS, 1) }),
    ...(dayOfWeek === undefined ? {} : { dayOfWeek: named(dayOfWeek, DAYS, 0) }),
  };
}

function named<Name extends string>(
  ranges: readonly CronRange[],
  names: readonly Name[],
  first: number,
): { start: Name; end: Name; step: number }[] {
  return ranges.flatMap(({ start, end, step }) => {
    const [from, until] = [names[start - first], names[end - first]];
    return from === undefined || until === undefined ? [] : [{ start: from, end: until, step }];
  });
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
    when: `${[
      ...(spec.intervals ?? []).map(intervalText),
      ...(spec.calendars ?? []).map(calendarText),
      ...(spec.skip ?? []).map((calendar) => `not ${calendarText(calendar)}`),
    ].join(', ')}${zoneText(spec.timezone)}`,
    jitter: `${spec.jitter ?? 0} ms`,
    policy: policyText(policies.overlap, policies.catchupWindow, policies.pauseOnFailure),
    workflow: workflowText(workflowType, workflowId, taskQueue),
    input: sortedJson(action.args ?? []),
    summary: action.staticSummary ?? '',
  };
}

/** `every 300 s`, `04:20:00`, `05:40:00 SUNDAY`, `06:00:00 (Europe/Berlin)`; UTC where no zone is named. */
export function timeTable(when: Interval | TimeOfDay | CronTimes): string {
  if ('everyMs' in when) return intervalText({ every: when.everyMs, offset: 0 });
  if ('cron' in when) return cronText(when);
  const { hour, minute, dayOfWeek } = when;
  const day = dayOfWeek === undefined ? [] : [DAYS[dayOfWeek] ?? ''];
  return [[hour, minute, 0].map(twoDigits).join(':'), ...day].join(' ');
}

/** In the words in which the server's description is put. */
function cronText({ cron, timeZone }: CronTimes): string {
  const times = parseCron(cron);
  if (times === undefined) return cron;
  const clock = [times.hour, times.minute, [{ start: 0, end: 0, step: 1 }]].map((part) =>
    rangesText(part ?? '*'),
  );
  const days = [
    times.dayOfWeek && named(times.dayOfWeek, DAYS, 0),
    times.dayOfMonth,
    times.month && named(times.month, MONTHS, 1),
  ].flatMap((part) => (part === undefined ? [] : rangesText(part)));
  return [clock.join(':'), ...days].join(' ') + zoneText(timeZone);
}

function zoneText(timeZone: string | undefined): string {
  return timeZone === undefined || timeZone === '' || timeZone === UTC ? '' : ` (${timeZone})`;
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
