/** What the owner of a warehouse registers for the sync, and the store that its loader reads from. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Hasher } from '../../../domain/hasher.js';
import type { SyncModel } from '../../../domain/sync-model.js';
import { MODELS, modelNamed } from '../../../recipes/models/index.js';
import { beating } from '../../shared/heartbeats.js';
import type { Warehouse } from '../engine.js';
import type { SyncQuestionActivities, SyncWarehouseActivities } from '../sync-contract.js';
import { countOf, literal } from './ask.js';
import { commitPlan } from './commit.js';
import { snapshotTable } from './names.js';
import { keyHash } from './plan-summary.js';
import { freezePlan } from './plan.js';
import { dropPlansOf, isWhole } from './plans.js';
import { readRows, readRuns, writeRun } from './run-log.js';
import { createStateTables } from './state-tables.js';
import type { SyncStore } from './store.js';
import { createSyncStore } from './sync-store.js';

export interface SyncWarehouseDependencies {
  readonly hasher: Hasher;
  /** Types of the user fields at Iterable, by dotted path: asked once per plan. */
  readonly iterableFieldTypes: () => Promise<Readonly<Record<string, string>>>;
  /** ms since 1970 */
  readonly now: () => number;
  /** Other models than those of recipes/, for tests. */
  readonly models?: readonly SyncModel[];
}

export interface SyncWarehouse {
  readonly activities: SyncWarehouseActivities & SyncQuestionActivities;
  readonly store: SyncStore;
  readonly modelOf: (name: string) => SyncModel;
}

export function createSyncWarehouseActivities(
  warehouse: Warehouse,
  deps: SyncWarehouseDependencies,
): SyncWarehouse {
  const { hasher, now, models = MODELS } = deps;
  const state = createStateTables(warehouse, now);
  const modelOf = (name: string): SyncModel => {
    const model = modelNamed(name, models);
    if (model !== undefined) return model;
    throw ApplicationFailure.nonRetryable('no model has this name', 'invalid-input');
  };
  /** With the model's tables there, its signal, and a heartbeat. */
  const on = <T>(name: string, work: (model: SyncModel, signal: AbortSignal) => Promise<T>): Promise<T> =>
    beating(async () => {
      const { cancellationSignal: signal } = Context.current();
      const model = modelOf(name);
      await state.ensure(model.name, signal);
      return work(model, signal);
    });
  const activities: SyncWarehouseActivities & SyncQuestionActivities = {
    planSync: (run) =>
      on(run.model, (model, signal) => freezePlan({ ...deps, warehouse, state }, model, run, signal)),
    commitSync: (run) =>
      on(run.model, (model, signal) => commitPlan(warehouse, model, { run, nowMs: now() }, signal)),
    hasPlan: (run) => on(run.model, (_model, signal) => isWhole(warehouse, run, signal)),
    dropPlans: (run, olderThanMs) =>
      on(run.model, (_model, signal) => dropPlansOf(warehouse, run, now() - olderThanMs, signal)),
    recordRun: (record) => on(record.model, (_model, signal) => writeRun(warehouse, record, signal)),
    retryFailed: (name) => on(name, (model, signal) => makeDue(warehouse, model, now(), signal)),
    syncRows: (question) =>
      on(question.model, (model, signal) =>
        readRows(warehouse, question, (key) => keyHash(hasher, model.name, key), signal),
      ),
    syncHistory: ({ model: name, limit }) =>
      on(name, (model, signal) => readRuns(warehouse, model.name, limit, signal)),
  };
  return { activities, store: createSyncStore({ warehouse, modelOf, now }), modelOf };
}

/** Also those that were given up: an operator has mended what they were refused for. */
async function makeDue(
  warehouse: Warehouse,
  model: SyncModel,
  nowMs: number,
  signal: AbortSignal,
): Promise<number> {
  const failed = `FROM ${snapshotTable(model.name)} WHERE last_verdict = 'rejected'`;
  const count = await countOf(warehouse, `SELECT count(*) ${failed}`, signal);
  const sql =
    `UPDATE ${snapshotTable(model.name)} SET next_eligible = ${literal.time(warehouse.dialect, nowMs)}, attempts = 0 ` +
    `WHERE last_verdict = 'rejected'`;
  await warehouse.execute({ sql }, signal);
  return count;
}
