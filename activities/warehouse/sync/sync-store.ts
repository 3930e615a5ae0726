/** The plan of a run and its ledger in the warehouse: reads ranges, appends verdicts. */
import { z } from 'zod';
import { alignCells, columnsOf } from '../../../domain/sync/columns.js';
import { OPERATIONS, ROW_VERDICTS, type SyncModel } from '../../../domain/sync-model.js';
import type { Cell, Warehouse } from '../engine.js';
import type { SyncRun } from '../sync-contract.js';
import { literal, planLost, rowsOf } from './ask.js';
import { runTables } from './names.js';
import { storedColumnsOf } from './plan.js';
import { tablesExist } from './state-tables.js';
import type { PlanCells, PlanRow, RowResult, SyncStore } from './store.js';

/** Of one statement with its bound values. Snowflake recommends at most 1 MB, and cannot repeat longer ones. */
const MOST_BIND_BYTES = 900_000;

const COLUMNS =
  'n, operation, row_key, old_email, new_email, old_row, old_columns, new_row, new_columns, attempts, last_verdict';

const operationSchema = z.enum(OPERATIONS);
const verdictSchema = z.enum(ROW_VERDICTS);
const cellsSchema = z.array(z.string().nullable());

/** One settled verdict per row beats those that are not; among equals the latest. */
export function verdictsSql(ledger: string): string {
  return (
    `SELECT n, verdict, reason FROM (SELECT n, verdict, reason, row_number() OVER (PARTITION BY n ORDER BY ` +
    `CASE WHEN verdict IN ('unknown', 'retry') THEN 1 ELSE 0 END, written_at DESC) AS place ` +
    `FROM ${ledger}) AS written WHERE place = 1`
  );
}

export interface StoreDependencies {
  readonly warehouse: Warehouse;
  /** @throws ApplicationFailure `invalid-input` for a name that no model has */
  readonly modelOf: (name: string) => SyncModel;
  readonly now: () => number;
}

export function createSyncStore(deps: StoreDependencies): SyncStore {
  const { warehouse, now } = deps;
  const read = (run: SyncRun, where: string, signal: AbortSignal): Promise<PlanRow[]> =>
    readPlan(deps, run, where, signal);
  return {
    readPlanRows: async (run, fromRow, untilRow, signal) => {
      const { plan } = runTables(run);
      if (!(await tablesExist(warehouse, [plan], signal))) throw planLost('its table is gone');
      const rows = await read(
        run,
        `FROM ${plan} WHERE ${inRange('n', fromRow, untilRow)} ORDER BY n`,
        signal,
      );
      const isWhole = rows.length === untilRow - fromRow && rows.every(({ n }, at) => n === fromRow + at);
      if (!isWhole) throw planLost(`${rows.length} rows of ${untilRow - fromRow}`);
      return rows;
    },
    writeVerdicts: async (run, rows, signal) => {
      for (const bind of jsonBinds(rows)) await append(warehouse, run, { bind, nowMs: now() }, signal);
    },
    settledRows: async (run, fromRow, untilRow, signal) => {
      const sql = `SELECT n, verdict, reason FROM (${verdictsSql(runTables(run).ledger)}) AS settled WHERE ${inRange('n', fromRow, untilRow)} ORDER BY n`;
      return (await rowsOf(warehouse, sql, signal)).map(resultOf);
    },
    doubtfulRows: (run, afterRow, limit, signal) =>
      read(
        run,
        `${withVerdict(run, 'unknown')} AND n > ${whole(afterRow)} ORDER BY n LIMIT ${whole(limit)}`,
        signal,
      ),
    sampleRows: (run, count, signal) => {
      // Any order will do that is the same each time and has nothing to do with the numbers.
      const mixed = warehouse.dialect.hash(`CAST(n AS ${warehouse.dialect.types.text})`);
      return read(run, `${withVerdict(run, 'delivered')} ORDER BY ${mixed} LIMIT ${whole(count)}`, signal);
    },
  };
}

function withVerdict(run: SyncRun, verdict: 'unknown' | 'delivered'): string {
  const { plan, ledger } = runTables(run);
  return `FROM ${plan} WHERE n IN (SELECT n FROM (${verdictsSql(ledger)}) AS settled WHERE verdict = '${verdict}')`;
}

function inRange(column: string, fromRow: number, untilRow: number): string {
  return `${column} >= ${whole(fromRow)} AND ${column} < ${whole(untilRow)}`;
}

function whole(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  throw planLost('not the number of a row');
}

async function readPlan(
  { warehouse, modelOf }: StoreDependencies,
  run: SyncRun,
  from: string,
  signal: AbortSignal,
): Promise<PlanRow[]> {
  const model = modelOf(run.model);
  const storedColumns = await storedColumnsOf(warehouse, model.name, signal);
  const columns = columnsOf(model);
  const aligned = (row: string, columnsId: Cell | undefined): PlanCells =>
    alignCells(cellsSchema.parse(JSON.parse(row)), storedColumns.get(columnsId ?? '') ?? [], columns);
  const rows = await rowsOf(warehouse, `SELECT ${COLUMNS} ${from}`, signal);
  return rows.map(
    ([n, operation, key, oldEmail, newEmail, oldRow, oldColumns, newRow, newColumns, attempts, verdict]) => ({
      n: Number(n),
      operation: operationSchema.parse(operation),
      key: key ?? '',
      ...(oldEmail == null ? {} : { oldEmail }),
      ...(newEmail == null || operation === 'remove' ? {} : { newEmail }),
      // A row in doubt may be there in either state: nothing is known of it.
      ...(oldRow == null || (verdict === 'unknown' && operation === 'retry')
        ? {}
        : { oldRow: aligned(oldRow, oldColumns) }),
      ...(newRow == null ? {} : { newRow: aligned(newRow, newColumns) }),
      attempts: Number(attempts ?? 0),
    }),
  );
}

/** The rows as JSON texts, none of them too long to bind. */
function jsonBinds(rows: readonly RowResult[]): readonly string[] {
  const binds: string[] = [];
  let texts: string[] = [];
  let bytes = 0;
  for (const { n, verdict, reason } of rows) {
    const text = JSON.stringify({ n, verdict, ...(reason === undefined ? {} : { reason }) });
    if (bytes + text.length > MOST_BIND_BYTES) {
      binds.push(`[${texts.join(',')}]`);
      [texts, bytes] = [[], 0];
    }
    texts.push(text);
    bytes += Buffer.byteLength(text) + 1;
  }
  return texts.length === 0 ? binds : [...binds, `[${texts.join(',')}]`];
}

/** Appends only: rows that are written again are written twice, and read once. */
async function append(
  { dialect, execute }: Warehouse,
  run: SyncRun,
  { bind, nowMs }: { readonly bind: string; readonly nowMs: number },
  signal: AbortSignal,
): Promise<void> {
  const { from, field } = dialect.jsonRows('?');
  const sql =
    `INSERT INTO ${runTables(run).ledger} (n, verdict, reason, written_at) ` +
    `SELECT CAST(${field('n')} AS ${dialect.types.bigint}), ${field('verdict')}, ${field('reason')}, ` +
    `${literal.time(dialect, nowMs)} FROM ${from}`;
  await execute({ sql, binds: [bind] }, signal);
}

function resultOf([n, verdict, reason]: readonly (Cell | undefined)[]): RowResult {
  return { n: Number(n), verdict: verdictSchema.parse(verdict), ...(reason == null ? {} : { reason }) };
}
