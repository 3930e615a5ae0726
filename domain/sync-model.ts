/** The vocabulary of `recipes/models/`: rows of a warehouse model, and what of them becomes fields of Iterable users or events. */

/** How a column's text is read. `json`: an object or array, as the warehouse's JSON text. */
export const COLUMN_TYPES = ['text', 'integer', 'decimal', 'boolean', 'date', 'timestamp', 'json'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/**
 * What a NULL in the warehouse does to the field at Iterable.
 * - `send`: clears it
 * - `omit`: is never sent; the field stays as it is
 * - `keep-if-set`: never overwrites a value that was sent before; sent where nothing was
 */
export type NullPolicy = 'send' | 'omit' | 'keep-if-set';

export interface ColumnField {
  readonly kind: 'column';
  /** Name of the column in the model's SQL; compared without case. */
  readonly column: string;
  readonly type: ColumnType;
  readonly nulls: NullPolicy;
  /** Arrays in it have no order: sorted before they are compared, hashed and sent. Only for `json`. */
  readonly set: boolean;
}
export interface ObjectField {
  readonly kind: 'object';
  readonly fields: Mapping;
}
export type FieldRule = ColumnField | ObjectField;
export type Mapping = Readonly<Record<string, FieldRule>>;

/** Fields of an Iterable profile that decide who gets mail. No sync writes them: consent does, `recipes/subscriptions.ts`. */
export const SUBSCRIPTION_FIELDS = [
  'emailListIds',
  'userListIds',
  'unsubscribedChannelIds',
  'unsubscribedMessageTypeIds',
  'subscribedMessageTypeIds',
] as const;
export type SubscriptionField = (typeof SUBSCRIPTION_FIELDS)[number];

export type SyncTarget =
  | { readonly kind: 'user' }
  /** A custom event per row that is new or changed; its id is made from model, key and content. */
  | { readonly kind: 'event'; readonly name: string };

/**
 * - `upsert`: creates and updates
 * - `update-only`: people whom Iterable does not have are skipped, and tried again when due
 * - `insert-only`: rows that are new since the last run; changes are not sent
 * - `mirror`: like `upsert`; a removed row unsets the mapped fields, or leaves a list
 */
export type SyncMode =
  | { readonly kind: 'upsert' | 'update-only' | 'insert-only' }
  | { readonly kind: 'mirror'; readonly onRemoval: 'unset-fields' | { readonly leaveListId: number } };

/** From where on a run waits for a person. Shares are of the rows of the last run, 0 to 1. */
export interface SyncGuards {
  readonly mostRemovedShare: number;
  readonly mostChangedShare: number;
  /** Below so many rows shares say nothing. */
  readonly sharesFromRows: number;
  readonly approvalWithinHours: number;
  readonly remindAfterHours: number;
}

/** When a row that Iterable refused is tried again. */
export interface RowRetries {
  /** Waits after the first, second, ... refusal, in hours; after the last one the row is given up. */
  readonly waitHours: readonly number[];
}

export interface SyncModel {
  /** Kebab-case: part of workflow ids, table names, commands. Never change it: the snapshot goes by it. */
  readonly name: string;
  readonly summary: string;
  readonly owner: string;
  /** One SELECT for both engines. May name the parameters of `params` as `{{name}}`. */
  readonly sql: string;
  /** Columns that name a row: unique together, never null. */
  readonly key: readonly [string, ...string[]];
  /** The column with the address of the person at Iterable. An address that changes under one key is an e-mail change. */
  readonly email: string;
  readonly target: SyncTarget;
  readonly fields: Mapping;
  readonly mode: SyncMode;
  readonly schedule: { readonly cron: string; readonly timeZone: string };
  readonly guards: SyncGuards;
  readonly retries: RowRetries;
}

/** What the plan does with a row. `retry`: unchanged, but not delivered yet and due. */
export const OPERATIONS = ['add', 'change', 'remove', 'retry'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What became of a row in one run. */
export const ROW_VERDICTS = ['delivered', 'unchanged', 'skipped', 'rejected', 'retry', 'unknown'] as const;
export type RowVerdict = (typeof ROW_VERDICTS)[number];
