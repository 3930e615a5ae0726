/** The part of cron that schedules of models may use: five fields of numbers, ranges, steps and lists; no names. */

export interface CronRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}
export const CRON_FIELDS = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;
export type CronField = (typeof CRON_FIELDS)[number];
/** Undefined: any day, any month. */
export type Cron = Readonly<Record<CronField, readonly CronRange[] | undefined>>;

const BOUNDS: Readonly<Record<CronField, readonly [low: number, high: number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  month: [1, 12],
  dayOfWeek: [0, 6],
};
/** Temporal takes these for every value when they are absent; minutes and hours it takes for 0. */
const ANY: ReadonlySet<CronField> = new Set<CronField>(['dayOfMonth', 'month', 'dayOfWeek']);

/** @returns undefined for what is not of five fields, or where a value is out of its bounds. Sunday is 0. */
export function parseCron(text: string): Cron | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== CRON_FIELDS.length) return undefined;
  const fields = CRON_FIELDS.map((field, at) => fieldOf(parts[at] ?? '', field));
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields.map((field) => field?.ranges);
  return fields.includes(undefined) ? undefined : { minute, hour, dayOfMonth, month, dayOfWeek };
}

function fieldOf(
  text: string,
  field: CronField,
): { readonly ranges: readonly CronRange[] | undefined } | undefined {
  if (text === '*' && ANY.has(field)) return { ranges: undefined };
  const ranges = text.split(',').map((part) => rangeOf(part, BOUNDS[field]));
  const found = ranges.filter((range) => range !== undefined);
  return found.length === ranges.length ? { ranges: found } : undefined;
}

function rangeOf(text: string, [low, high]: readonly [low: number, high: number]): CronRange | undefined {
  const groups = /^(?:(?<any>\*)|(?<from>\d+)(?:-(?<until>\d+))?)(?:\/(?<step>\d+))?$/.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const start = groups['any'] === undefined ? Number(groups['from']) : low;
  const end = groups['any'] === undefined ? Number(groups['until'] ?? groups['from']) : high;
  const step = Number(groups['step'] ?? 1);
  return start >= low && end <= high && start <= end && step > 0 ? { start, end, step } : undefined;
}
