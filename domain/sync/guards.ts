/** When a plan waits for a person. Rules of the plan's numbers alone. */
import type { SyncGuards } from '../sync-model.js';

/** The numbers that guards look at: a PlanSummary has them. */
export interface GuardedPlan {
  readonly sourceRows: number;
  readonly knownRows: number;
  readonly operations: { readonly change: number; readonly remove: number };
  readonly nullKeys: number;
  readonly duplicateKeys: number;
  readonly newColumns: readonly string[];
  readonly goneColumns: readonly string[];
  readonly retypedColumns: readonly string[];
  readonly typeConflicts: readonly string[];
}

export const GUARD_CODES = {
  'empty-source': 'The model has no row at all.',
  removals: 'More of the known rows are gone than the model allows.',
  changes: 'More of the known rows have changed than the model allows.',
  'duplicate-keys': 'Keys that several rows have; those rows are left out.',
  'null-keys': 'Rows without a key; they are left out.',
  'new-columns': 'The model gives columns that the last run did not have.',
  'gone-columns': 'Columns of the last run are missing.',
  'retyped-columns': 'Columns have another type than in the last run.',
  'type-conflicts':
    'Iterable has fields under another type than the mapping sends; it would refuse the rows.',
} as const;
export type GuardCode = keyof typeof GUARD_CODES;

/** @returns a line per reason, `<code>: <figures>`; none when the run may go on */
export function whyToWait(plan: GuardedPlan, guards: SyncGuards): readonly string[] {
  const { operations, knownRows } = plan;
  return [
    ...(plan.sourceRows === 0 ? [line('empty-source', `0 rows, ${knownRows} known`)] : []),
    ...share('removals', operations.remove, knownRows, { most: guards.mostRemovedShare, guards }),
    ...share('changes', operations.change, knownRows, { most: guards.mostChangedShare, guards }),
    ...counted('duplicate-keys', plan.duplicateKeys),
    ...counted('null-keys', plan.nullKeys),
    ...named('new-columns', plan.newColumns),
    ...named('gone-columns', plan.goneColumns),
    ...named('retyped-columns', plan.retypedColumns),
    ...named('type-conflicts', plan.typeConflicts),
  ];
}

/** The code of one of the lines. */
export function guardCode(reason: string): string {
  return reason.split(':')[0] ?? reason;
}

const line = (code: GuardCode, figures: string): string => `${code}: ${figures}`;

function share(
  code: GuardCode,
  count: number,
  of: number,
  { most, guards }: { readonly most: number; readonly guards: SyncGuards },
): string[] {
  if (of < guards.sharesFromRows || count <= of * most) return [];
  return [line(code, `${count} of ${of} rows, ${percent(count / of)}; at most ${percent(most)}`)];
}

function counted(code: GuardCode, count: number): string[] {
  return count === 0 ? [] : [line(code, String(count))];
}

function named(code: GuardCode, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [line(code, names.join(', '))];
}

const percent = (value: number): string => `${Number((value * 100).toFixed(1))} %`;
