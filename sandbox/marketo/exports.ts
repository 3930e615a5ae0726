/** The jobs of bulk extracts: two run, ten wait, and their states move at Marketo's pace. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from './answers.js';
import { quotaDay } from './dates.js';
import { writeExport } from './export-file.js';
import type { ExportFile } from './export-file.js';
import type { ExportKind, ExportRequest } from './export-request.js';
import { exportLines } from './export-rows.js';
import type { World } from './world.js';

export interface Job {
  readonly id: string;
  readonly request: ExportRequest;
  readonly createdAtMs: number;
  state: 'Created' | 'Queued' | 'Processing' | 'Canceled' | 'Completed' | 'Failed';
  queuedAtMs?: number;
  startedAtMs?: number;
  finishedAtMs?: number;
  willFail: boolean;
  /** There when it has been written. */
  file?: ExportFile;
  writing?: Promise<void>;
}

/** Real time that a question waits for a file that is being written; then the job is still processing. */
const PATIENCE_MS = 2000;

export class ExportDesk {
  readonly #world: World;
  readonly #jobs = new Map<string, Job>();
  readonly #bytesByDay = new Map<string, number>();
  readonly #end = new AbortController();
  /** When a running job made room for the next, ms since 1970. */
  #freedAtMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  create(request: ExportRequest): Job {
    const { nowMs } = this.#world;
    const job: Job = { id: randomUUID(), request, createdAtMs: nowMs, state: 'Created', willFail: false };
    this.#jobs.set(job.id, job);
    return job;
  }

  /** @throws Refusal 1013 */
  async find(kind: ExportKind, id: string): Promise<Job> {
    await this.#advance();
    const job = this.#jobs.get(id);
    if (job?.request.kind !== kind) throw new Refusal('1013', `Export job '${id}' not found`);
    return job;
  }

  async list(kind: ExportKind): Promise<readonly Job[]> {
    await this.#advance();
    return [...this.#jobs.values()].filter(({ request }) => request.kind === kind);
  }

  /** @throws Refusal 1029 when it is queued already, ten others are, or today's bytes are used up */
  async enqueue(kind: ExportKind, id: string, willFail: boolean): Promise<Job> {
    const job = await this.find(kind, id);
    const { settings, nowMs } = this.#world;
    if (job.state !== 'Created') throw new Refusal('1029', `Export job '${id}' is already queued`);
    if (this.#in('Queued').length >= settings.exportsQueued)
      throw new Refusal('1029', 'Too many jobs in queue');
    if ((this.#bytesByDay.get(quotaDay(nowMs)) ?? 0) >= settings.exportBytesPerDay) {
      throw new Refusal('1029', 'Export daily quota 500MB exceeded');
    }
    Object.assign(job, { state: 'Queued', queuedAtMs: nowMs, willFail });
    return job;
  }

  /** @throws Refusal 1003 when it has ended */
  async cancel(kind: ExportKind, id: string): Promise<Job> {
    const job = await this.find(kind, id);
    const { nowMs } = this.#world;
    if (job.finishedAtMs !== undefined) throw new Refusal('1003', `Export job '${id}' has ended`);
    if (job.state === 'Processing') this.#freedAtMs = nowMs;
    Object.assign(job, { state: 'Canceled', finishedAtMs: nowMs });
    return job;
  }

  /** Ends what is being written, and lets go of all files. */
  async close(): Promise<void> {
    this.#end.abort();
    for (const { writing, file } of this.#jobs.values()) {
      await writing;
      await file?.handle.close();
    }
    this.#jobs.clear();
  }

  #in(state: Job['state']): readonly Job[] {
    return [...this.#jobs.values()].filter((job) => job.state === state);
  }

  /** Makes all that is due by now happen, in the order in which it was due. */
  async #advance(): Promise<void> {
    const late = new Set<Job>();
    for (let next = this.#nextDue(late); next !== undefined; next = this.#nextDue(late)) {
      const { job, atMs } = next;
      if (job.state === 'Queued') this.#start(job, atMs);
      else if (job.willFail || job.file !== undefined) this.#finish(job, atMs);
      else {
        const isWritten = await Promise.race([
          job.writing?.then(() => true),
          sleep(PATIENCE_MS, false, { ref: false }),
        ]);
        if (isWritten !== true) late.add(job);
      }
    }
  }

  #nextDue(late: ReadonlySet<Job>): { readonly job: Job; readonly atMs: number } | undefined {
    const { settings, nowMs } = this.#world;
    const { exportStepMs, exportsAtOnce } = settings;
    const running = this.#in('Processing');
    const ends = running
      .filter((job) => !late.has(job))
      .map((job) => ({ job, atMs: (job.startedAtMs ?? nowMs) + exportStepMs }));
    const [first] = [...this.#in('Queued')].sort((a, b) => (a.queuedAtMs ?? 0) - (b.queuedAtMs ?? 0));
    const starts =
      first === undefined || running.length >= exportsAtOnce
        ? []
        : [{ job: first, atMs: Math.max((first.queuedAtMs ?? nowMs) + exportStepMs, this.#freedAtMs) }];
    const due = [...ends, ...starts].filter(({ atMs }) => atMs <= nowMs);
    return due.sort((one, other) => one.atMs - other.atMs)[0];
  }

  #start(job: Job, atMs: number): void {
    Object.assign(job, { state: 'Processing', startedAtMs: atMs });
    if (job.willFail) return;
    const written = writeExport(exportLines(this.#world, job.request), this.#end.signal);
    job.writing = written.then(
      (file) => {
        job.file = file;
      },
      () => {
        job.willFail = true;
      },
    );
  }

  #finish(job: Job, atMs: number): void {
    this.#freedAtMs = atMs;
    Object.assign(job, { state: job.willFail ? 'Failed' : 'Completed', finishedAtMs: atMs });
    const day = quotaDay(atMs);
    this.#bytesByDay.set(day, (this.#bytesByDay.get(day) ?? 0) + (job.file?.bytes ?? 0));
  }
}
