/** What the loader of a sync works with. */
import { ApplicationFailure } from '@temporalio/common';
import type { Hasher } from '../../../domain/hasher.js';
import { SUBSCRIPTION_FIELDS, type SyncModel } from '../../../domain/sync-model.js';
import type { SyncStore } from '../../warehouse/sync/store.js';
import type { Tools } from '../attempt.js';

/** Hashes of the people about whom a consent request is not settled yet. */
export type ConsentInFlight = () => Promise<ReadonlySet<string>>;

export interface SyncLoadDependencies {
  /** Shared with everything else in this process that calls Iterable. */
  readonly tools: Tools;
  readonly store: SyncStore;
  readonly modelOf: (name: string) => SyncModel | undefined;
  readonly hasher: Hasher;
  readonly consentInFlight: ConsentInFlight;
  /** Whether Iterable has enabled `updateOnly` of users/bulkUpdate for the project; else people are looked up. */
  readonly updateOnlyFlag: boolean;
  /** From accepted to readable at Iterable, at most; 60 s unless told. */
  readonly readableAfterMs?: number;
}

/** @throws ApplicationFailure `invalid-input`, not retryable: no such model, or one that maps what it must not */
export function checkedModel(deps: SyncLoadDependencies, name: string): SyncModel {
  const model = deps.modelOf(name);
  if (model === undefined) throw invalid(`no model in recipes/models is named ${name}`);
  const forbidden = SUBSCRIPTION_FIELDS.filter((field) => Object.hasOwn(model.fields, field));
  if (forbidden.length > 0)
    throw invalid(`${name} maps ${forbidden.join(', ')}: consent alone writes subscription fields`);
  return model;
}

const invalid = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, 'invalid-input');
