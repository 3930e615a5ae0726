/**
 * Bulk requests, one after another: halved when they are larger than Iterable takes, and when a whole one is refused
 * for the sake of some rows, those are found. Sends nothing itself.
 */
import type { Reason } from '../../domain/reasons.js';
import type { Retry } from './answers.js';
import type { BulkJudgement } from './bulk-answers.js';
import { rejected, type RowOutcome } from './bulk-lists.js';

/** A row that is ready to go. */
export interface BulkRow<Body> {
  /** Its number in the plan. */
  readonly n: number;
  readonly body: Body;
}

export interface Told {
  readonly n: number;
  readonly outcome: RowOutcome;
}

export interface BulkLine<Body> {
  readonly send: (rows: readonly BulkRow<Body>[]) => Promise<BulkJudgement>;
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

/** @param batches each within the measures of one request, and no person twice in one */
export async function sendBulk<Body>(
  batches: readonly (readonly BulkRow<Body>[])[],
  line: BulkLine<Body>,
): Promise<BulkTally> {
  const sender = new Sender(line);
  const waiting = [...batches];
  for (let batch = waiting.shift(); batch !== undefined && sender.goesOn; batch = waiting.shift()) {
    waiting.unshift(...(await sender.deliver(batch)));
  }
  return sender.tally();
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
  async deliver(rows: readonly BulkRow<Body>[]): Promise<(readonly BulkRow<Body>[])[]> {
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
  async #send(rows: readonly BulkRow<Body>[]): Promise<BulkJudgement> {
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

  async #halved(rows: readonly BulkRow<Body>[]): Promise<(readonly BulkRow<Body>[])[]> {
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
    rows: readonly BulkRow<Body>[],
    { reason, culprits }: Extract<BulkJudgement, { kind: 'refused' }>,
  ): Promise<(readonly BulkRow<Body>[])[]> {
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
  async #bisect(rows: readonly BulkRow<Body>[], refusal: Reason): Promise<(readonly BulkRow<Body>[])[]> {
    let suspects = rows;
    let reason = refusal;
    let isProven = rows.length === 1;
    const later: BulkRow<Body>[] = [];
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

  async #reject(rows: readonly BulkRow<Body>[], reason: Reason): Promise<void> {
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
