/** The vocabulary of `recipes/subscriptions.ts`: channels and message types of the Iterable project, as declared. */

export interface ChannelRow {
  /** As Iterable shows it. Ids are looked up by name. */
  readonly name: string;
  readonly type: 'Marketing' | 'Transactional';
}

export interface MessageTypeRow {
  readonly name: string;
  readonly channel: string;
  /** `OptIn`: mail only to people who are subscribed. `OptOut`: mail to everybody who is not unsubscribed. */
  readonly policy: 'OptIn' | 'OptOut';
  /**
   * - `ours`: the recipes write it
   * - `forbidden`: nobody may send with it, and the recipes never write it
   * - `untouched`: others' business; the recipes never write it
   */
  readonly use: 'ours' | 'forbidden' | 'untouched';
}

export type MessageTypeRows = Readonly<Record<string, MessageTypeRow>>;

/** The names of the types that may be written: the others are no value of this type. */
export type WritableOf<Rows extends MessageTypeRows> = {
  [Name in keyof Rows]: Rows[Name]['use'] extends 'ours' ? Name : never;
}[keyof Rows];
