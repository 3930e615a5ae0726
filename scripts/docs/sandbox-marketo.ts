/** What docs/sandbox.md says of the sandbox Marketo: its endpoints, its faults and its switches. */
import { DEFAULT_SETTINGS, type MarketoSettings } from '../../sandbox/marketo/index.js';
import { FAULTS, isCode, messageOf, type Happening } from '../../sandbox/marketo/faults.js';
import { ROUTES } from '../../sandbox/marketo/routes/index.js';
import { code, markdownTable } from './generated.js';

export function marketoEndpointsTable(): string {
  const identity = ['`GET /identity/oauth/token`, also by `POST`'];
  return markdownTable(
    ['Endpoint'],
    [identity, ...ROUTES.map(({ method, path }) => [code(`${method} ${path}`)])],
  );
}

const HAPPENINGS: Readonly<Record<Happening, string>> = {
  'http-429': 'Too many requests, as text.',
  'http-500': 'An internal error, as text.',
  'http-502': 'The page of a bad gateway.',
  'http-503': 'Service unavailable, as text.',
  'truncated-json': 'The answer breaks off inside its JSON; its length is right.',
  'doubled-quotes': 'Numbers stand in the JSON as `""102938""`, which cannot be parsed.',
  'no-success': 'The envelope lacks `success`.',
  'two-errors': 'Two errors, the second of which can be retried.',
  'expires-in-0': 'Identity: the access token is over, and says so.',
  'not-ready': 'A 404, as a file that is not there yet.',
  'job-fails': 'Enqueue: the extract will fail.',
  'cut-midway': 'The connection ends in the middle of the answer.',
  cut: 'The connection is cut; nothing is done.',
  hang: 'No answer at all; the connection stays open.',
};

export function marketoFaultsTable(): string {
  const codes = FAULTS.filter(isCode).map((name) => [code(name), `In HTTP 200: ${messageOf(name)}.`]);
  const happenings = Object.entries(HAPPENINGS).map(([name, meaning]) => [code(name), meaning]);
  return markdownTable(['Fault', 'What the client sees'], [...codes, ...happenings]);
}

const SETTINGS: Readonly<Record<keyof MarketoSettings, string>> = {
  now: 'Clock of limits, tokens, extracts and activities, ms since 1970.',
  latencyMs: 'Real time that every call takes.',
  limits: '`documented`, `off`, or `callsPer20Seconds`, `concurrentCalls`, `callsPerDay` of your own.',
  quotaResetLateMs: 'From midnight in Chicago until the quota is really reset.',
  accessTokenLastsMs: 'Life of an access token.',
  maxUriBytes: 'Longer addresses are 414.',
  maxBodyBytes: 'Larger bodies are 413.',
  durableUnsubscribe: 'Whether one act reaches every lead with the address.',
  durableStepMs: 'Between the activities of one lead and the next when one act reaches several.',
  bornUnsubscribedWrites:
    'Activities of a lead that is made with an unsubscribed address: `12` or `12-and-13`.',
  unknownAddressOnMove:
    'What the flag does on a move to an address that nobody had: `keeps` or `subscribes`.',
  mergedStanding: 'The winner of a merge with somebody unsubscribed: `of-the-address` or `unsubscribed`.',
  flipsWriteChanges: 'Whether a flag that flips by a move or a merge is written as a change.',
  visibleAfterMs: 'From an activity to its being readable.',
  scannedPerCall: 'Activities of all types that one call looks through.',
  emptyResult: 'Pages with nothing on them: `result` is `absent`, or an empty `array`.',
  pagingTokens: '`opaque`, or the older `dated` ones; both are accepted.',
  dates: '`zulu`, `compact-offset`, `offset`, `zulu-and-offset`, `no-zone`, or `mixed`.',
  activityIds: 'Whether activities have an `id`: `absent`, `present`, `repeated` or `beyond-int32`.',
  attributeValues: 'Values of attributes: `typed`, or all `strings`.',
  changedBooleans: 'Flags in changes: `True`, `true`, `1` or `mixed`.',
  fieldsPerChange: 'Fields of one act: `several` in one lead change, or `one` in each.',
  mergeIds: 'Attribute Merge IDs: `plain`, or in `brackets`.',
  warnings: 'Warnings as `objects` or `strings`.',
  leadsTellMore: 'Whether leads.json says `moreResult` beside its token.',
  nullFields: 'Empty fields that were asked for: `null` or `left-out`.',
  hiddenFields: 'Fields that this API user is shown as empty.',
  fieldLabels: 'Display names by REST name, where the instance has renamed a field.',
  customFields: 'Fields beside the usual ones.',
  exportStepMs: 'Shortest time between two states of an extract; 0 for at once.',
  exportsAtOnce: 'Extracts that run.',
  exportsQueued: 'Extracts that wait.',
  exportBytesPerDay: 'Bytes of extracts until midnight in Chicago.',
  cancelSpelling: '`Canceled` or `Cancelled`.',
  fileLateMs: "From Completed to the file's being there.",
  fileKeptMs: 'How long a file stays.',
  updatedAtFilter: 'Whether leads can be extracted by `updatedAt`; else 1035.',
  hostileCells: 'Quotes, line breaks, carriage returns and NUL in cells of extracts.',
  webhookConcurrency: 'Webhook calls at once.',
  webhookTimeoutMs: 'Real time that a webhook has to answer.',
  recordBodies: '`none` for long benchmarks: bodies of requests are then not kept.',
};

export function marketoSettingsTable(): string {
  const defaults = new Map<string, unknown>(Object.entries(DEFAULT_SETTINGS));
  const rows = Object.entries(SETTINGS).map(([name, meaning]) => [
    code(name),
    meaning,
    shown(defaults.get(name)),
  ]);
  return markdownTable(['Switch', 'Meaning', 'Default'], rows);
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'the real clock';
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return 'none';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}
