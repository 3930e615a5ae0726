/** Names in the state schema. Unquoted in SQL: both engines compare them without case. */
import { ApplicationFailure } from '@temporalio/common';
import type { SyncRun } from '../sync-contract.js';

/** Everything that this project writes into a warehouse is in here. */
export const STATE_SCHEMA = 'iterable_recipes';

const inState = (name: string): string => `${STATE_SCHEMA}.${name}`;

/** For all models. */
export const TABLES = {
  version: inState('state_version'),
  models: inState('sync_models'),
  columns: inState('sync_columns'),
  plans: inState('sync_plans'),
  quarantine: inState('sync_quarantine'),
  rows: inState('sync_rows'),
  runs: inState('sync_runs'),
} as const;

/** What Iterable is known to have of a model, and what is still to be tried. */
export function snapshotTable(model: string): string {
  return inState(`snapshot_${identifier(model)}`);
}

/** Of one run; all of them go with the plan. */
export interface RunTables {
  /** Key and hash of every row of the model. */
  readonly keys: string;
  readonly duplicates: string;
  /** Keys that may differ from the snapshot. */
  readonly candidates: string;
  readonly plan: string;
  /** Keys that differ only in spelling. */
  readonly same: string;
  readonly ledger: string;
  readonly outcome: string;
}

export function runTables({ runId }: Pick<SyncRun, 'runId'>): RunTables {
  const of = (kind: string): string => inState(`${kind}_${identifier(runId)}`);
  return {
    keys: of('keys'),
    duplicates: of('duplicates'),
    candidates: of('candidates'),
    plan: of('plan'),
    same: of('same'),
    ledger: of('ledger'),
    outcome: of('outcome'),
  };
}

/** @throws ApplicationFailure `invalid-input` for what could be more than a name */
function identifier(name: string): string {
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/i.test(name)) return name.toLowerCase().replaceAll('-', '_');
  throw ApplicationFailure.nonRetryable('not a name of letters, digits and hyphens', 'invalid-input');
}
