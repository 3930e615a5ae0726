/**
 * Rows into bulk requests: as many as are wanted, never more bytes than Iterable takes; halved when they are too many
 * all the same; and when a whole request is refused for the sake of some rows, those are found. Sends nothing itself.
 */
import type { Reason } from '../../domain/reasons.js';
import type { Retry } from './answers.js';
import type { BulkJudgement } from './bulk-answers.js';
import { rejected, type RowOutcome } from './bulk-lists.js';

/** Iterable takes 4 MB. Between the rows and the whole body lie names and commas. */
export const MOST_BYTES = 3_900_000;
/** `{"users":[` and what may follow. */
const FRAME_BYTES = 200;

/** A row that is ready to go. */
export interface Outgoing<Body> {
  /** Its number in the plan. */
  readonly n: number;
  readonly body: Body;
  /** Of its JSON. */
  readonly bytes: number;
}

export interface Told {
  readonly n: number;
  readonly outcome: RowOutcome;
}

export interface BulkLine<Body> {
  readonly send: (rows: readonly Outgoing<Body>[]) => Promise<BulkJudgement>;
  /** Called after each request that has told something; what it has taken in outlasts a crash. */
  readonly tell: (told: readonly Told[]) => Promise<void>;
}

export interface BulkTally {
  readonly calls: number;
  /** Rows of the largest request that was taken, and of the smallest that was too large. */
  readonly acceptedRows: number;
  readonly tooLargeRows: number | undefined;
  /** Why it ended before its end; the rows that nothing was told of have not been sent. */
  readonly stopped: Retry | undefined;
}

const ANSWER_LOST: Retry = { kind: 'retry', reason: 'unreachable', class: 'unavailable', afterMs: 1_000 };
const LOST: RowOutcome = { kind: 'unknown', reason: 'answer-lost' };

export async function sendBulk<Body>(
  rows: readonly Outgoing<Body>[],
  rowsPerCall: number,
  line: BulkLine<Body>,
): Promise<BulkTally> {
  const sender = new Sender(line);
  const batches = inBatches(rows, rowsPerCall);
  for (let batch = batches.shift(); batch !== undefined && sender.goesOn; batch = batches.shift()) {
    batches.unshift(...(await sender.deliver(batch)));
  }
  return sender.tally();
}

/** As few as possible, each within both measures. A row that is too large by itself is alone in its request. */
export function inBatches<Body>(
  rows: readonly Outgoing<Body>[],
  rowsPerCall: number,
): (readonly Outgoing<Body>[])[] {
  const batches: Outgoing<Body>[][] = [];
  let current: Outgoing<Body>[] = [];
  let bytes = FRAME_BYTES;
  for (const row of rows) {
    const isFull = current.length >= rowsPerCall || bytes + row.bytes + 1 > MOST_BYTES;
    if (isFull && current.length > 0) {
      batches.push(current);
      current = [];
      bytes = FRAME_BYTES;
    }
    current.push(row);
    bytes += row.bytes + 1;
  }
  return current.length > 0 ? [...batches, current] : batches;
}

class Sender<Body> {
  readonly #line: BulkLine<Body>;
  #calls = 0;
  #acceptedRows = 0;
  readonly #tooLarge: number[] = [];
  #stopped: Retry | undefined;

  constructor(line: BulkLine<Body>) {
    this.#line = line;
  }

  get goesOn(): boolean {
    return this.#stopped === undefined;
  }

  tally(): BulkTally {
    // A request below one that was taken was too large for the sake of one huge row, not of their number.
    const tooLarge = this.#tooLarge.filter((rows) => rows > this.#acceptedRows);
    return {
      calls: this.#calls,
      acceptedRows: this.#acceptedRows,
      tooLargeRows: tooLarge.length === 0 ? undefined : Math.min(...tooLarge),
      stopped: this.#stopped,
    };
  }

  /** @returns what of the batch is still to be sent */
  async deliver(rows: readonly Outgoing<Body>[]): Promise<(readonly Outgoing<Body>[])[]> {
    const judged = await this.#send(rows);
    switch (judged.kind) {
      case 'refused':
        return this.#withoutCulprits(rows, judged);
      case 'too-large':
        return this.#halved(rows);
      case 'answered':
      case 'lost':
      case 'retry':
        return [];
    }
  }

  /** One request, and what can be said at once. */
  async #send(rows: readonly Outgoing<Body>[]): Promise<BulkJudgement> {
    const judged = await this.#line.send(rows);
    if (judged.kind === 'retry') {
      this.#stopped = judged;
      return judged;
    }
    this.#calls += 1;
    if (judged.kind === 'lost') {
      this.#stopped = ANSWER_LOST;
      await this.#line.tell(rows.map(({ n }) => ({ n, outcome: LOST })));
    }
    if (judged.kind === 'answered') {
      this.#acceptedRows = Math.max(this.#acceptedRows, rows.length);
      await this.#line.tell(rows.map(({ n }, index) => ({ n, outcome: judged.outcomes[index] ?? LOST })));
    }
    return judged;
  }

  async #halved(rows: readonly Outgoing<Body>[]): Promise<(readonly Outgoing<Body>[])[]> {
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      await this.#reject([only], 'body-too-large');
      return [];
    }
    this.#tooLarge.push(rows.length);
    return halves(rows);
  }

  /** By the answer's own pointers where it has any, else by bisecting. */
  async #withoutCulprits(
    rows: readonly Outgoing<Body>[],
    { reason, culprits }: Extract<BulkJudgement, { kind: 'refused' }>,
  ): Promise<(readonly Outgoing<Body>[])[]> {
    const named = new Set(culprits);
    if (named.size > 0) {
      await this.#reject(
        rows.filter((_, index) => named.has(index)),
        reason,
      );
      return batchesOf(rows.filter((_, index) => !named.has(index)));
    }
    return this.#bisect(rows, reason);
  }

  /**
   * Finds one row at fault in about log2 calls: where the first half goes through, it is in the second, which is not
   * sent to prove it; where not, the second half waits for the end. One bad row of 1,000 costs 12 calls altogether.
   * @param rows refused as a whole
   */
  async #bisect(rows: readonly Outgoing<Body>[], refusal: Reason): Promise<(readonly Outgoing<Body>[])[]> {
    let suspects = rows;
    let reason = refusal;
    let isProven = rows.length === 1;
    const later: Outgoing<Body>[] = [];
    while (suspects.length > 1) {
      const [first = [], second = []] = halves(suspects);
      const judged = await this.#send(first);
      if (judged.kind === 'retry' || judged.kind === 'lost') return [];
      if (judged.kind === 'answered') {
        suspects = second;
        isProven = false;
        continue;
      }
      later.unshift(...second);
      if (judged.kind === 'too-large') return batchesOf(first, later);
      if (judged.culprits.length > 0)
        return batchesOf(...(await this.#withoutCulprits(first, judged)), later);
      suspects = first;
      reason = judged.reason;
      isProven = true;
    }
    // A refusal that names no rule may have been one of the whole: then the last row is asked about by itself.
    if (!isProven && reason === 'request-refused') return batchesOf(suspects, later);
    await this.#reject(suspects, reason);
    return batchesOf(later);
  }

  async #reject(rows: readonly Outgoing<Body>[], reason: Reason): Promise<void> {
    await this.#line.tell(rows.map(({ n }) => ({ n, outcome: rejected(reason) })));
  }
}

function batchesOf<T>(...batches: readonly (readonly T[])[]): (readonly T[])[] {
  return batches.filter((batch) => batch.length > 0);
}

function halves<T>(all: readonly T[]): (readonly T[])[] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}
