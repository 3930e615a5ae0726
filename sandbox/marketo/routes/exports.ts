/**
 * Bulk extracts of activities and of leads.
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract
 */
import { Instead, envelope, text } from '../answers.js';
import type { Answer } from '../answers.js';
import { formatDate } from '../dates.js';
import { rangeOf } from '../export-file.js';
import { activityRequest, leadRequest } from '../export-request.js';
import type { ExportKind } from '../export-request.js';
import type { Job } from '../exports.js';
import { listOf } from '../route.js';
import type { Call, Instance, Route } from '../route.js';
import type { MarketoSettings } from '../settings.js';

function jobJson(job: Job, { cancelSpelling }: MarketoSettings): Record<string, unknown> {
  const times = (['createdAtMs', 'queuedAtMs', 'startedAtMs', 'finishedAtMs'] as const).flatMap((name) => {
    const atMs = job[name];
    return atMs === undefined ? [] : [[name.slice(0, -2), formatDate(atMs, 'zulu')] as const];
  });
  const { file, state } = job;
  return {
    exportId: job.id,
    format: job.request.format,
    status: state === 'Canceled' ? cancelSpelling : state,
    ...Object.fromEntries(times),
    ...(state === 'Completed' && file !== undefined
      ? { numberOfRecords: file.records, fileSize: file.bytes, fileChecksum: file.checksum }
      : {}),
    ...(state === 'Failed' ? { errorMsg: 'Export failed' } : {}),
  };
}

const answerWith = ({ world }: Instance, ...jobs: readonly Job[]): Answer =>
  envelope({ result: jobs.map((job) => jobJson(job, world.settings)) });

const NOT_READY = text(404, 'Not Found');

/** @throws Instead 404, as text, while it is not there and when it is there no more; 416 */
async function file(instance: Instance, kind: ExportKind, { params, range }: Call): Promise<Answer> {
  const { settings, nowMs } = instance.world;
  const job = await instance.exports.find(kind, params['exportId'] ?? '');
  const sinceMs = nowMs - (job.finishedAtMs ?? Infinity);
  const isThere = sinceMs >= settings.fileLateMs && sinceMs < settings.fileKeptMs;
  if (job.state !== 'Completed' || job.file === undefined || !isThere) throw new Instead(NOT_READY);
  const { handle, bytes } = job.file;
  const part = rangeOf(range, bytes);
  if (part === 'unsatisfiable') {
    const headers = { 'content-range': `bytes */${bytes}` };
    throw new Instead({ ...text(416, 'Requested Range Not Satisfiable'), headers });
  }
  const { start, end } = part === 'whole' ? { start: 0, end: bytes - 1 } : part;
  const partHeaders = part === 'whole' ? {} : { 'content-range': `bytes ${start}-${end}/${bytes}` };
  return {
    status: part === 'whole' ? 200 : 206,
    type: 'csv',
    body: undefined,
    headers: { 'accept-ranges': 'bytes', ...partHeaders },
    file: { handle, start, end },
  };
}

async function list(instance: Instance, kind: ExportKind, { query }: Call): Promise<Answer> {
  const states = listOf(query, 'status').map((state) => state.toLowerCase().replace('cancelled', 'canceled'));
  const jobs = await instance.exports.list(kind);
  const wanted = jobs.filter(({ state }) => states.length === 0 || states.includes(state.toLowerCase()));
  return answerWith(instance, ...wanted);
}

function routesOf(kind: ExportKind): readonly Route[] {
  const base = `/bulk/v1/${kind}/export`;
  return [
    {
      method: 'POST',
      path: `${base}/create.json`,
      handle: (instance, { body }) => {
        const { exports, world } = instance;
        const request = kind === 'leads' ? leadRequest(body, world.settings) : activityRequest(body);
        return answerWith(instance, exports.create(request));
      },
    },
    {
      method: 'POST',
      path: `${base}/{exportId}/enqueue.json`,
      handle: async (instance, { params, fault }) => {
        const id = params['exportId'] ?? '';
        return answerWith(instance, await instance.exports.enqueue(kind, id, fault === 'job-fails'));
      },
    },
    {
      method: 'POST',
      path: `${base}/{exportId}/cancel.json`,
      handle: async (instance, { params }) =>
        answerWith(instance, await instance.exports.cancel(kind, params['exportId'] ?? '')),
    },
    {
      method: 'GET',
      path: `${base}/{exportId}/status.json`,
      handle: async (instance, { params }) =>
        answerWith(instance, await instance.exports.find(kind, params['exportId'] ?? '')),
    },
    {
      method: 'GET',
      path: `${base}/{exportId}/file.json`,
      handle: (instance, call) => file(instance, kind, call),
    },
    { method: 'GET', path: `${base}.json`, handle: (instance, call) => list(instance, kind, call) },
  ];
}

export const EXPORT_ROUTES: readonly Route[] = [...routesOf('activities'), ...routesOf('leads')];
