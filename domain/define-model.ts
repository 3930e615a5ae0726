/** The words in which `recipes/models/` are written. What must never be mapped is refused by the compiler, and at start. */
import { problemsOf } from './sync/model-problems.js';
import type {
  ColumnField,
  ColumnType,
  IdentityField,
  Mapping,
  NullPolicy,
  ObjectField,
  RowRetries,
  SubscriptionField,
  SyncGuards,
  SyncModel,
} from './sync-model.js';

export const DEFAULT_GUARDS: SyncGuards = {
  mostRemovedShare: 0.2,
  mostChangedShare: 0.5,
  sharesFromRows: 100,
  approvalWithinHours: 24,
  remindAfterHours: 4,
};

/** A bit less than whole days, so that the run of that day finds the row due. */
export const DEFAULT_RETRIES: RowRetries = { waitHours: [1, 20, 44, 92, 164] };

/** Every day at five in the morning, before Europe starts to work. */
export const DAILY = { cron: '0 5 * * *', timeZone: 'UTC' } as const;

/** Fields that no mapping may have become a type that no value has. */
type Allowed<Fields extends Mapping> = {
  readonly [Name in keyof Fields]: Name extends SubscriptionField | IdentityField ? never : Fields[Name];
};

type Defaulted = 'guards' | 'retries' | 'schedule';
type Definition<Fields extends Mapping> = Omit<SyncModel, Defaulted | 'fields'> &
  Partial<Pick<SyncModel, Defaulted>> & { readonly fields: Fields & Allowed<Fields> };

/**
 * A model with the defaults filled in.
 * @throws Error that names everything that is wrong with it: a mistake in a file, found when the process starts
 */
export function defineModel<const Fields extends Mapping>(definition: Definition<Fields>): SyncModel {
  const model: SyncModel = {
    guards: DEFAULT_GUARDS,
    retries: DEFAULT_RETRIES,
    schedule: DAILY,
    ...definition,
  };
  const problems = problemsOf(model);
  if (problems.length > 0) throw new Error(`model ${model.name}: ${problems.join('; ')}`);
  return model;
}

interface FieldOptions {
  /** `omit` unless said otherwise. */
  readonly nulls?: NullPolicy;
}

const column =
  (type: ColumnType) =>
  (name: string, { nulls = 'omit' }: FieldOptions = {}): ColumnField => ({
    kind: 'column',
    column: name,
    type,
    nulls,
    set: false,
  });

export const text = column('text');
/** Whole numbers that JSON carries exactly; for longer ones use `text`. */
export const integer = column('integer');
export const decimal = column('decimal');
export const flag = column('boolean');
/** A calendar day. */
export const day = column('date');
/** A point in time, UTC where the column says no zone. */
export const instant = column('timestamp');

/** An object or array. `set`: its arrays have no order. */
export function json(name: string, options: FieldOptions & { readonly set?: boolean } = {}): ColumnField {
  return { ...column('json')(name, options), set: options.set ?? false };
}

/** Fields inside one field. Iterable replaces it as a whole: when one of them changes, all are sent. */
export function object(fields: Mapping): ObjectField {
  return { kind: 'object', fields };
}
