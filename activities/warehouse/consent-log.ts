/**
 * The consent log: what became of every consent request, for as long as the warehouse is kept. Rows are added and never
 * changed or deleted; nobody's address is in it. What its columns mean stands in docs/consent-log.md.
 */
import { Context } from '@temporalio/activity';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ConsentReason } from '../../domain/consent-reasons.js';
import { CONSENT_OUTCOMES, CONSENT_SOURCES, type ConsentRecord } from '../../domain/consent.js';
import { together } from '../shared/together.js';
import { readConsentReport } from './consent-report.js';
import {
  COLUMNS,
  CONSENT_LOG,
  entries,
  prepareOnce,
  type ColumnName,
  type Prepare,
} from './consent-table.js';
import type { ConsentLogActivities } from './contract.js';
import type { Cell, Warehouse } from './engine.js';
import { readRows } from './read-rows.js';

/** Form of the rows that this release writes. A later one adds columns, and counts on. */
const FORM_VERSION = 1;
/** About 500 bytes each: well below what Snowflake likes of one statement. */
const MOST_PER_WRITE = 1_000;
const WRITE_TIMEOUT_MS = 60_000;
const MOST_HISTORY = 1_000;

/** The activities of `contract.ts`. Several processes may have their own on one Snowflake. */
export function createConsentLogActivities(
  warehouse: Warehouse,
  now: () => number = Date.now,
): ConsentLogActivities {
  const prepare = prepareOnce(warehouse);
  const append = appendTogether(warehouse, prepare, now);
  return {
    appendConsentLog: async (records) => {
      if (records.length > 0) await append(records);
    },
    consentReport: async (range) => {
      const { cancellationSignal } = Context.current();
      await prepare(cancellationSignal);
      return readConsentReport(warehouse, range, cancellationSignal);
    },
    consentHistory: async (personHash) => {
      const { cancellationSignal } = Context.current();
      await prepare(cancellationSignal);
      return readHistory(warehouse, personHash, cancellationSignal);
    },
  };
}

/** One call of Temporal's is seldom more than one record: those that come side by side are one statement. */
function appendTogether(
  warehouse: Warehouse,
  prepare: Prepare,
  now: () => number,
): (records: readonly ConsentRecord[]) => Promise<void> {
  return together(MOST_PER_WRITE, async (records: readonly ConsentRecord[]) => {
    const signal = AbortSignal.timeout(WRITE_TIMEOUT_MS); // of no single caller: it writes for several
    await prepare(signal);
    await insert(warehouse, records, now(), signal);
  });
}

const ALL_COLUMNS = COLUMNS.map(({ name }) => name);

/** What the table calls each value; all of them text on the way. */
type Entry = Readonly<Record<ColumnName, Cell>>;

async function insert(
  warehouse: Warehouse,
  records: readonly ConsentRecord[],
  loggedAtMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { dialect } = warehouse;
  const distinct = new Map(records.map((record) => [entryId(record), entryOf(record, loggedAtMs)]));
  const names = ALL_COLUMNS.join(', ');
  const incoming = dialect.jsonRows('?');
  const fields = COLUMNS.map(({ name, type }) => {
    const field = incoming.field(name);
    if (type === 'timestamp') return `${dialect.timestamp(field)} AS ${name}`;
    return `${type === 'bigint' ? `CAST(${field} AS ${dialect.types.bigint})` : field} AS ${name}`;
  });
  const sql = `INSERT INTO ${CONSENT_LOG} (${names})
    SELECT ${names} FROM (SELECT ${fields.join(', ')} FROM ${incoming.from}) AS incoming
    WHERE NOT EXISTS (SELECT 1 FROM ${CONSENT_LOG} AS logged WHERE logged.entry_id = incoming.entry_id)`;
  await warehouse.execute({ sql, binds: [JSON.stringify([...distinct.values()])] }, signal);
}

/** Names an entry for ever: a record is known by its reference, person and outcome. */
function entryId({ reference, personHash, outcome }: ConsentRecord): string {
  const known = JSON.stringify([reference, personHash, outcome]);
  return createHash('sha256').update(known).digest('hex').slice(0, 32);
}

function entryOf(record: ConsentRecord, loggedAtMs: number): Entry {
  const { verifiedAtMs } = record;
  return {
    entry_id: entryId(record),
    reference: record.reference,
    person_hash: record.personHash,
    lead_id: digits(record.leadId),
    change: record.change,
    source: record.source,
    activity_at: iso(record.activityAtMs),
    received_at: iso(record.receivedAtMs),
    acknowledged_at: iso(record.acknowledgedAtMs),
    verified_at: iso(verifiedAtMs),
    decided_at: iso(record.decidedAtMs),
    outcome: record.outcome,
    reason: record.reason,
    activity_to_verified_ms: digits(verifiedAtMs === null ? null : verifiedAtMs - record.activityAtMs),
    receipt_to_verified_ms: digits(verifiedAtMs === null ? null : verifiedAtMs - record.receivedAtMs),
    logged_at: iso(loggedAtMs),
    form_version: digits(FORM_VERSION),
  };
}

const iso = (ms: number | null): Cell => (ms === null ? null : new Date(ms).toISOString());
const digits = (value: number | null): Cell => (value === null ? null : String(value));

const atMs = z.iso.datetime().transform((text) => Date.parse(text));
/** In the order of the query. */
const HistoryRow = z.tuple([
  z.string(),
  z.string().nullable(),
  z.coerce.number().nullable(),
  z.enum(['opt-out', 'opt-in']),
  z.enum(CONSENT_SOURCES),
  atMs,
  atMs,
  atMs.nullable(),
  atMs.nullable(),
  atMs,
  z.enum(CONSENT_OUTCOMES),
  // Rows outlive releases: a reason that this one no longer knows is still the reason.
  z.custom<ConsentReason>((value) => typeof value === 'string').nullable(),
]);

async function readHistory(
  warehouse: Warehouse,
  personHash: string,
  signal: AbortSignal,
): Promise<readonly ConsentRecord[]> {
  const { isoText } = warehouse.dialect;
  const sql = `SELECT reference, person_hash, lead_id, change, source, ${isoText('activity_at')},
      ${isoText('received_at')}, ${isoText('acknowledged_at')}, ${isoText('verified_at')},
      ${isoText('decided_at')}, outcome, reason
    FROM ${entries(warehouse, ALL_COLUMNS, 'person_hash = ?')}
    ORDER BY decided_at DESC, entry_id DESC LIMIT ${String(MOST_HISTORY)}`;
  const rows = await readRows(warehouse, { sql, binds: [personHash] }, signal);
  return rows.map((row) => recordOf(HistoryRow.parse(row))).reverse();
}

function recordOf(row: z.infer<typeof HistoryRow>): ConsentRecord {
  const [reference, personHash, leadId, change, source, activityAtMs, receivedAtMs, ...rest] = row;
  const [acknowledgedAtMs, verifiedAtMs, decidedAtMs, outcome, reason] = rest;
  return {
    ...{ reference, personHash, leadId, change, source, activityAtMs, receivedAtMs },
    ...{ acknowledgedAtMs, verifiedAtMs, decidedAtMs, outcome, reason },
  };
}
