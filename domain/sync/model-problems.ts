/** What is wrong with a model, told without a warehouse. Asked where it is defined, and again before it runs. */
import { IDENTITY_FIELDS, SUBSCRIPTION_FIELDS, type Mapping, type SyncModel } from '../sync-model.js';
import { parseCron } from '../cron.js';
import { undeclaredParams } from './model-sql.js';

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** With the run's id behind it, a table's name stays within 255 characters. */
const LONGEST_NAME = 60;
const COLUMN = /^[A-Za-z_]\w*$/;

export function problemsOf(model: SyncModel): readonly string[] {
  return [
    ...nameProblems(model.name),
    ...mappingProblems(model.fields),
    ...sqlProblems(model),
    ...[...model.key, model.email].filter((name) => !COLUMN.test(name)).map(notAColumn),
    ...scheduleProblems(model.schedule),
    ...guardProblems(model.guards),
    ...modeProblems(model),
  ];
}

function nameProblems(name: string): string[] {
  const isFine = NAME.test(name) && name.length <= LONGEST_NAME;
  return isFine ? [] : [`the name is not kebab-case of at most ${LONGEST_NAME} characters`];
}

/** Fields that decide who gets mail, fields that say who somebody is, and names that mean something else at Iterable. */
export function mappingProblems(fields: Mapping): readonly string[] {
  const forbidden = new Map([
    ...SUBSCRIPTION_FIELDS.map(
      (name) => [name.toLowerCase(), 'is written by consent alone, see recipes/subscriptions.ts'] as const,
    ),
    ...IDENTITY_FIELDS.map((name) => [name.toLowerCase(), 'says who the row is about: use email'] as const),
  ]);
  const reserved = Object.keys(fields).flatMap((name) => {
    const because = forbidden.get(name.trim().toLowerCase());
    return because === undefined ? [] : [`the field ${name} ${because}`];
  });
  const empty = Object.keys(fields).length === 0 ? ['it maps no field'] : [];
  return [...empty, ...reserved, ...shapeProblems(fields)];
}

function shapeProblems(fields: Mapping): string[] {
  return Object.entries(fields).flatMap(([name, rule]) => {
    const own = name === '' || name.includes('.') ? [`the field "${name}" is empty or has a dot`] : [];
    if (rule.kind === 'object') return [...own, ...shapeProblems(rule.fields)];
    const column = COLUMN.test(rule.column) ? [] : [notAColumn(rule.column)];
    const set = rule.set && rule.type !== 'json' ? [`only json columns are sets: ${rule.column}`] : [];
    return [...own, ...column, ...set];
  });
}

const notAColumn = (name: string): string => `"${name}" is not the name of a column`;

/** One SELECT: it is put into brackets, where a second statement, or a comment at its end, would do harm. */
function sqlProblems(model: SyncModel): string[] {
  const { sql } = model;
  return [
    ...(/^\s*(select|with)\b/i.test(sql) ? [] : ['the SQL is not a SELECT']),
    ...(sql.includes(';') ? ['the SQL has a semicolon'] : []),
    ...(/--|\/\*/.test(sql) ? ['the SQL has a comment'] : []),
    ...(/\blimit\b/i.test(sql) ? ['the SQL has a LIMIT: the rows beyond it would be taken for removed'] : []),
    ...undeclaredParams(model).map((name) => `the SQL names {{${name}}}, which params lacks`),
  ];
}

function scheduleProblems({ cron, timeZone }: SyncModel['schedule']): string[] {
  const times = parseCron(cron);
  return [
    ...(times === undefined ? [`"${cron}" is not a cron expression of five fields in numbers`] : []),
    ...(times?.dayOfMonth !== undefined && times.dayOfWeek !== undefined
      ? [`"${cron}" names days of the month and of the week: schedulers disagree about what that means`]
      : []),
    ...(isTimeZone(timeZone) ? [] : [`"${timeZone}" is not a time zone`]),
  ];
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function guardProblems(guards: SyncModel['guards']): string[] {
  const shares = [guards.mostRemovedShare, guards.mostChangedShare];
  return [
    ...(shares.every((share) => share >= 0 && share <= 1) ? [] : ['a share of the guards is not 0 to 1']),
    ...(guards.remindAfterHours > 0 && guards.approvalWithinHours > 0
      ? []
      : ['the hours of the guards are not above 0']),
  ];
}

function modeProblems({ mode, target }: SyncModel): string[] {
  return mode.kind === 'mirror' && target.kind === 'event'
    ? ['events cannot be mirrored: what happened cannot be unset']
    : [];
}
