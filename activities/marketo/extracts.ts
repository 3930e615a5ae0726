/** Bulk extracts: made and queued, watched at Marketo's pace, ended. Reading the file is `extract-file.ts`. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { WATCHED_FIELDS } from '../../recipes/unsubscribes.js';
import type { Refused, Retry } from './answers.js';
import type { Connection, Settled } from './connection.js';
import type { ExtractJob, MarketoActivities } from './contract.js';
import { toMarketoDate } from './dates.js';
import type { EndpointName } from './endpoints.js';
import { failureOf, okOrEmpty } from './failures.js';
import { PRIORITY } from './limits.js';
import { ExtractRecord } from './shapes.js';
import type { UsageWatch } from './usage.js';

export interface ExtractParts {
  readonly connection: Connection;
  readonly usage: UsageWatch;
  readonly fieldIds: () => Promise<readonly number[]>;
}

type Extracts = Pick<MarketoActivities, 'startExtract' | 'awaitExtract' | 'cancelExtract'>;

/** Marketo's own pace: a state changes at most once a minute. */
const STATE_CHANGES_MS = 60_000;
const UNREADABLE: Retry = {
  kind: 'retry',
  reason: 'marketo-unreadable',
  class: 'unavailable',
  afterMs: STATE_CHANGES_MS,
};
const TYPE = { unsubscribe: 9, newLead: 12, changeDataValue: 13 } as const;
const LEAD_FIELDS = ['id', 'email', ...WATCHED_FIELDS.map(({ rest }) => rest)];

/** Spelled with one l or two. Both are ends without a file. */
const LOST = new Set(['Canceled', 'Cancelled', 'Failed']);

/** `leads` or `activities`, as paths name them. */
export const placeOf = (job: ExtractJob): { readonly object: string } => ({
  object: job.kind === 'leads' ? 'leads' : 'activities',
});

/** See the contract for what each promises. */
export function createExtracts(parts: ExtractParts): Extracts {
  const { connection } = parts;
  return {
    startExtract: async (job) => {
      await waitInShortage(parts.usage, 'createExtract');
      // Made by an attempt that did not live to queue it: a second one would only wait for its end.
      const made = ExtractId.safeParse(Context.current().info.heartbeatDetails);
      const exportId = made.success ? made.data.exportId : await create(parts, job);
      Context.current().heartbeat({ exportId });
      const queued = await connection.ask(
        { endpoint: 'enqueueExtract', place: { ...placeOf(job), exportId } },
        { priority: PRIORITY.background },
      );
      okOrThrow(queued, 'enqueueExtract');
      return exportId;
    },
    awaitExtract: async (job, exportId) => {
      await waitInShortage(parts.usage, 'extractStatus');
      const { status, numberOfRecords } = await statusOf(connection, job, exportId);
      if (status === 'Completed') return { rows: numberOfRecords ?? 0 };
      throw failureOf(NOT_READY, 'extractStatus');
    },
    cancelExtract: async (job, exportId) => {
      const answered = await connection.ask(
        { endpoint: 'cancelExtract', place: { ...placeOf(job), exportId } },
        { priority: PRIORITY.background },
      );
      // Refused: it has ended already.
      if (answered.kind !== 'refused') okOrEmpty(answered, 'cancelExtract');
    },
  };
}

const ExtractId = z.object({ exportId: z.string() });

const NOT_READY: Retry = {
  kind: 'retry',
  reason: 'marketo-extract-not-ready',
  class: 'expected',
  afterMs: STATE_CHANGES_MS,
};

/**
 * What Marketo says of an extract that has not come to a bad end.
 * @throws ApplicationFailure `extract-lost`, not retryable, of one that has, and of one that Marketo has forgotten
 */
export async function statusOf(
  connection: Connection,
  job: ExtractJob,
  exportId: string,
): Promise<ExtractRecord> {
  const answered = await connection.ask(
    { endpoint: 'extractStatus', place: { ...placeOf(job), exportId } },
    { priority: PRIORITY.background },
  );
  if (answered.kind === 'refused' || answered.kind === 'gone') throw lost('Marketo has forgotten it');
  const record = ExtractRecord.safeParse(okOrThrow(answered, 'extractStatus')[0]);
  if (!record.success) throw failureOf(UNREADABLE, 'extractStatus');
  if (LOST.has(record.data.status)) throw lost(`Marketo says ${record.data.status}`);
  return record.data;
}

function lost(why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`marketo-extract-lost: ${why}`, 'extract-lost');
}

/** @throws ApplicationFailure, retryable, while what is left of the day's calls is kept for unsubscribes */
export async function waitInShortage(usage: UsageWatch, endpoint: EndpointName): Promise<void> {
  const shortage = await usage.shortage();
  if (shortage !== undefined) throw failureOf(shortage, endpoint);
}

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-activity-extract */
async function create({ connection, fieldIds }: ExtractParts, job: ExtractJob): Promise<string> {
  const createdAt = { startAt: toMarketoDate(job.fromMs), endAt: toMarketoDate(job.toMs) };
  const json =
    job.kind === 'leads'
      ? { format: 'CSV', fields: LEAD_FIELDS, filter: { createdAt } }
      : {
          format: 'CSV', // all columns: a list of some would leave the attributes out
          filter: { createdAt, ...(await activityFilter(job.kind, fieldIds)) },
        };
  const answered = await connection.ask(
    { endpoint: 'createExtract', place: placeOf(job), json },
    { priority: PRIORITY.background },
  );
  const record = ExtractRecord.safeParse(okOrThrow(answered, 'createExtract')[0]);
  if (!record.success) throw failureOf(UNREADABLE, 'createExtract');
  return record.data.exportId;
}

/** By the ids of fields; by the names that people see only where Marketo tells no ids. */
async function activityFilter(
  kind: 'unsubscribe-activities' | 'field-changes',
  fieldIds: ExtractParts['fieldIds'],
): Promise<object> {
  if (kind === 'unsubscribe-activities') return { activityTypeIds: [TYPE.unsubscribe, TYPE.newLead] };
  const ids = await fieldIds();
  return {
    activityTypeIds: [TYPE.changeDataValue],
    ...(ids.length > 0
      ? { primaryAttributeValueIds: ids }
      : { primaryAttributeValues: WATCHED_FIELDS.map(({ display }) => display) }),
  };
}

/** @throws ApplicationFailure also where there is nothing: an extract that was asked for is never nothing */
function okOrThrow(answered: Settled, endpoint: EndpointName): readonly unknown[] {
  if (answered.kind === 'gone') throw lost('Marketo has forgotten it');
  if (answered.kind === 'empty') throw failureOf(REFUSED, endpoint);
  return okOrEmpty(answered, endpoint).result;
}

const REFUSED: Refused = { kind: 'refused', reason: 'marketo-refused', class: 'rejected', code: '702' };
