/**
 * Questions about what the warehouse holds. One process has a DuckDB file, so commands ask through a workflow, which
 * finds it. A new question is an entry of `Questions` and of `SUMMARIES`; its activity bears its name.
 */
import type { ConsentReport } from '../../activities/warehouse/contract.js';
import type {
  RunRecord,
  SyncHistoryQuestion,
  SyncRowsQuestion,
  SyncRowView,
} from '../../activities/warehouse/sync-contract.js';
import type { ConsentRecord } from '../../domain/consent.js';

export const ASK_WAREHOUSE = 'askWarehouse';

/** By the name of the activity that answers it on the queue `warehouse`; all of them only read. */
export interface Questions {
  readonly consentReport: {
    readonly about: { readonly sinceMs: number; readonly untilMs: number };
    readonly answer: ConsentReport;
  };
  readonly consentHistory: {
    /** Person hash. */
    readonly about: string;
    readonly answer: readonly ConsentRecord[];
  };
  readonly syncRows: {
    readonly about: SyncRowsQuestion;
    readonly answer: readonly SyncRowView[];
  };
  readonly syncHistory: {
    readonly about: SyncHistoryQuestion;
    readonly answer: readonly RunRecord[];
  };
}
export type Question = keyof Questions;
export type AnswerTo<Q extends Question> = Questions[Q]['answer'];

/** As an operator sees the run in the UI. */
export const SUMMARIES: Readonly<Record<Question, string>> = {
  consentReport: 'a report of the consent log',
  consentHistory: "one person's entries of the consent log",
  syncRows: 'rows of a sync model with their verdicts',
  syncHistory: 'the latest runs of a sync model',
};

/** One question with what it is about. */
export type Asked<Q extends Question = Question> = {
  readonly [Name in Q]: { readonly question: Name; readonly about: Questions[Name]['about'] };
}[Q];

/** A question on its way. */
export type AskWarehouseInput<Q extends Question = Question> = Asked<Q> & {
  /** How soon somebody has to take it. One who has the warehouse does at once; a change of owner takes seconds. */
  readonly takenWithinMs: number;
};

/** The activities behind the questions. */
export type Answering = {
  readonly [Q in Question]: (about: Questions[Q]['about']) => Promise<AnswerTo<Q>>;
};

/** Type of the failure when nobody serves the queue: no process has the warehouse. */
export const NO_WAREHOUSE_WORKER = 'no-warehouse-worker';
