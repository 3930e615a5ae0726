/** Runs of sync models, as operators start, watch and steer them: one at a time of each model, under one id. */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunRecord } from '../../activities/warehouse/sync-contract.js';
import type { Config } from '../../config/config.js';
import type { SyncModel } from '../../domain/sync-model.js';
import { MODELS, modelNamed } from '../../recipes/models/index.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import {
  dryRunWorkflowId,
  progressQuery,
  SYNC_MODEL,
  SYNC_RECIPE,
  syncWorkflowId,
  type SyncModelInput,
  type SyncProgress,
  type SyncResult,
} from '../../workflows/sync-model/messages.js';
import { CommandError, EXIT } from './exit-codes.js';

type SyncModelWorkflow = (input: SyncModelInput) => Promise<SyncResult>;
export type SyncHandle = WorkflowHandle<SyncModelWorkflow>;

/** Without a worker a query would wait for ever. */
const QUERY_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 500;

/** @throws CommandError usage, with the names that there are */
export function modelOf(name: string): SyncModel {
  const model = modelNamed(name);
  if (model !== undefined) return model;
  const names = MODELS.map((each) => each.name).join(', ');
  throw new CommandError(EXIT.usage, `no model has the name ${name}; there are: ${names}`);
}

export function runOf(client: Client, { name }: SyncModel): SyncHandle {
  return client.workflow.getHandle<SyncModelWorkflow>(syncWorkflowId(name));
}

/** @throws CommandError usage without a warehouse in the settings, waiting when a run of the model is under way */
export async function startRun(
  client: Client,
  config: Config,
  { name }: SyncModel,
  how: Pick<SyncModelInput, 'dryRun' | 'retryFailed'>,
): Promise<SyncHandle> {
  if (config.warehouse === undefined)
    throw new CommandError(EXIT.usage, 'set WAREHOUSE_URL: without a warehouse there is nothing to sync');
  const { deployEnvironment: environment } = config;
  try {
    return await client.workflow.start<SyncModelWorkflow>(SYNC_MODEL, {
      taskQueue: 'recipes',
      workflowId: how.dryRun ? dryRunWorkflowId(name) : syncWorkflowId(name),
      workflowIdConflictPolicy: 'FAIL',
      args: [{ model: name, environment, ...how }],
      typedSearchAttributes: new TypedSearchAttributes([
        { key: searchAttributes.recipe, value: SYNC_RECIPE },
        { key: searchAttributes.syncModel, value: name },
        { key: searchAttributes.environment, value: environment },
      ]),
      staticSummary: `${name}, by hand${how.dryRun ? ': a dry run' : ''}`,
      priority: { priorityKey: 5 },
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new CommandError(EXIT.waiting, `a run of ${name} is under way; see: sync status ${name}`, {
      cause: error,
    });
  }
}

/** @throws CommandError someFailed where there has been no run, unreachable where no worker answers */
export async function progressOf(client: Client, handle: SyncHandle): Promise<SyncProgress> {
  try {
    return await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () => handle.query(progressQuery));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new CommandError(EXIT.someFailed, 'there is no run of it', { cause: error });
    throw new CommandError(
      EXIT.unreachable,
      `${handle.workflowId} does not answer; is a worker running (npm start)?`,
      {
        cause: error,
      },
    );
  }
}

/** What a run has come to that somebody waits for. */
export type Arrival =
  | { readonly kind: 'ended'; readonly run: RunRecord }
  | { readonly kind: 'awaiting-approval'; readonly progress: SyncProgress };

/**
 * Follows a run to its end, or until it waits for an approval.
 * @throws CommandError someFailed, with the failure's message, when the run failed
 */
export async function follow(
  client: Client,
  handle: SyncHandle,
  onProgress: (progress: SyncProgress) => void,
): Promise<Arrival> {
  const end = handle.result().then(
    ({ run }): Arrival => ({ kind: 'ended', run }),
    (error: unknown) => {
      if (!(error instanceof WorkflowFailedError)) throw error;
      throw new CommandError(EXIT.someFailed, `the run failed: ${innermost(error)}`, { cause: error });
    },
  );
  for (;;) {
    const ended = await Promise.race([end, delay(LOOK_EVERY_MS, undefined, { ref: false })]);
    if (ended !== undefined) return ended;
    // A worker that is restarted answers later.
    const progress = await progressOf(client, handle).catch(() => undefined);
    if (progress === undefined) continue;
    onProgress(progress);
    if (progress.phase === 'awaiting-approval') {
      end.catch(() => undefined); // nobody waits for it any more
      return { kind: 'awaiting-approval', progress };
    }
  }
}

/**
 * Tells a run something.
 * @throws CommandError someFailed when nothing runs, or the run does not take it now
 */
export async function tell(
  client: Client,
  model: SyncModel,
  update: (handle: SyncHandle) => Promise<SyncProgress>,
): Promise<SyncProgress> {
  try {
    return await update(runOf(client, model));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new CommandError(EXIT.someFailed, `no run of ${model.name} is under way`, { cause: error });
    if (error instanceof WorkflowUpdateFailedError)
      throw new CommandError(EXIT.someFailed, `not done: ${innermost(error)}`, { cause: error });
    throw error;
  }
}

/** Failures of a sync hold no cell. */
function innermost(failure: Error): string {
  return failure.cause instanceof Error ? innermost(failure.cause) : failure.message;
}
