/**
 * Everything about the sandbox that can be switched, also while it runs. A switch exists for each thing that
 * differs between instances of Marketo, and for each thing about Marketo that nobody has been able to confirm:
 * what we build has to hold either way.
 */

export interface MarketoLimits {
  /** Calls within any 20 s; beyond them 606. */
  readonly callsPer20Seconds: number;
  /** Calls under way; beyond them 615. */
  readonly concurrentCalls: number;
  /** Calls until midnight in Chicago; beyond them 607. */
  readonly callsPerDay: number;
}

/** A field of leads beside the usual ones, such as a preference. */
export interface CustomField {
  readonly id: number;
  /** REST name. */
  readonly name: string;
  readonly displayName: string;
  readonly dataType: 'boolean' | 'string' | 'integer' | 'email' | 'datetime';
}

export interface MarketoSettings {
  /** The clock of limits, tokens, exports and activities, in ms since 1970. */
  readonly now: () => number;
  /** Real time that every call takes. */
  readonly latencyMs: number;
  readonly limits: 'documented' | 'off' | Partial<MarketoLimits>;
  /** From midnight in Chicago until the quota is really reset. */
  readonly quotaResetLateMs: number;
  readonly accessTokenLastsMs: number;
  readonly maxUriBytes: number;
  readonly maxBodyBytes: number;

  /** One act reaches every lead with the address. */
  readonly durableUnsubscribe: boolean;
  /** Between the activities of one lead and the next when one act reaches several. */
  readonly durableStepMs: number;
  /** What a lead gets that is made with an unsubscribed address. */
  readonly bornUnsubscribedWrites: '12' | '12-and-13';
  /** What becomes of the flag when a lead moves to an address that nobody had. */
  readonly unknownAddressOnMove: 'keeps' | 'subscribes';
  /** What the winner of a merge is when only the loser was unsubscribed. */
  readonly mergedStanding: 'of-the-address' | 'unsubscribed';
  /** Whether a move or a merge by the durable status writes a 13. */
  readonly flipsWriteChanges: boolean;

  /** From an activity to its being readable. */
  readonly visibleAfterMs: number;
  /** Activities of all types that one call looks through. */
  readonly scannedPerCall: number;
  readonly emptyResult: 'absent' | 'array';
  readonly pagingTokens: 'opaque' | 'dated';
  readonly dates: 'zulu' | 'compact-offset' | 'offset' | 'zulu-and-offset' | 'no-zone' | 'mixed';
  /** `id` of activities beside `marketoGUID`. */
  readonly activityIds: 'absent' | 'present' | 'repeated' | 'beyond-int32';
  readonly attributeValues: 'typed' | 'strings';
  /** How booleans are written where a value changed. */
  readonly changedBooleans: 'True' | 'true' | '1' | 'mixed';
  /** Fields of one act on one lead: in one lead change, or in one each. */
  readonly fieldsPerChange: 'several' | 'one';
  readonly mergeIds: 'plain' | 'brackets';
  readonly warnings: 'objects' | 'strings';
  /** Whether leads.json says `moreResult` beside `nextPageToken`. */
  readonly leadsTellMore: boolean;
  /** How a field of a lead comes that was asked for and is empty. */
  readonly nullFields: 'null' | 'left-out';
  /** Fields by REST name that this API user is shown as empty. */
  readonly hiddenFields: readonly string[];
  /** Display names by REST name, where an instance has renamed a field. */
  readonly fieldLabels: Readonly<Record<string, string>>;
  readonly customFields: readonly CustomField[];

  /** Shortest time between two states of an export; 0 for at once. */
  readonly exportStepMs: number;
  readonly exportsAtOnce: number;
  readonly exportsQueued: number;
  readonly exportBytesPerDay: number;
  readonly cancelSpelling: 'Canceled' | 'Cancelled';
  /** From Completed to the file's being there. */
  readonly fileLateMs: number;
  readonly fileKeptMs: number;
  /** Whether leads can be extracted by `updatedAt`; else 1035. */
  readonly updatedAtFilter: boolean;
  /** Puts quotes, line breaks, carriage returns and NUL into the cells of exports. */
  readonly hostileCells: boolean;

  readonly webhookConcurrency: number;
  readonly webhookTimeoutMs: number;
  /** `none` for long benchmarks: bodies of requests are then not kept. */
  readonly recordBodies: 'all' | 'none';
}

const DAY_MS = 86_400_000;

export const DOCUMENTED_LIMITS: MarketoLimits = Object.freeze({
  callsPer20Seconds: 100,
  concurrentCalls: 10,
  callsPerDay: 50_000,
});

export const DEFAULT_SETTINGS: MarketoSettings = Object.freeze({
  now: Date.now,
  latencyMs: 0,
  limits: 'documented',
  quotaResetLateMs: 0,
  accessTokenLastsMs: 3_600_000,
  // Published as "8 KB" and "1 MB". The smaller of the two readings, so that a client that holds it holds the other.
  maxUriBytes: 8000,
  maxBodyBytes: 1_000_000,
  durableUnsubscribe: true,
  durableStepMs: 0,
  bornUnsubscribedWrites: '12',
  unknownAddressOnMove: 'keeps',
  mergedStanding: 'of-the-address',
  flipsWriteChanges: true,
  visibleAfterMs: 0,
  scannedPerCall: 300,
  emptyResult: 'absent',
  pagingTokens: 'opaque',
  dates: 'zulu',
  activityIds: 'absent',
  attributeValues: 'typed',
  changedBooleans: 'True',
  fieldsPerChange: 'several',
  mergeIds: 'plain',
  warnings: 'objects',
  leadsTellMore: false,
  nullFields: 'null',
  hiddenFields: [],
  fieldLabels: {},
  customFields: [],
  exportStepMs: 60_000,
  exportsAtOnce: 2,
  exportsQueued: 10,
  exportBytesPerDay: 500_000_000,
  cancelSpelling: 'Cancelled',
  fileLateMs: 0,
  fileKeptMs: 7 * DAY_MS,
  updatedAtFilter: true,
  hostileCells: false,
  webhookConcurrency: 20,
  webhookTimeoutMs: 30_000,
  recordBodies: 'all',
});
