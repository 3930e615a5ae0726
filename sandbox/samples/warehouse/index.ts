/**
 * A DuckDB file with the source tables of the shipped models, full of invented people: what the demo, benchmarks and
 * tests sync. The file comes whole or not at all, and replaces nothing but a sample.
 */
import { rename, rm } from 'node:fs/promises';
import { chooseChanges, changesSql, type SampleChanges } from './changes.js';
import { drawnTexts, onDatabase, SampleError, standingOf } from './file.js';
import { BAD_ROWS, fillSample, type SampleDatabase, type SampleOptions } from './fill.js';
import { peopleSql } from './people.js';

export { BAD_KINDS } from './bad-rows.js';
export type { SampleChanges } from './changes.js';
export { SampleError } from './file.js';
export { BAD_ROWS, CONTACTS, fillSample, NAMESPACES } from './fill.js';
export type { SampleDatabase, SampleOptions } from './fill.js';

export interface SampleFileOptions extends SampleOptions {
  readonly path: string;
  /** Replaces whatever the path names, the state of syncs and the consent log among it. */
  readonly force?: boolean | undefined;
}

export interface WrittenSample {
  readonly path: string;
  /** Of the model `users-namespaces`. */
  readonly rows: number;
  readonly bad: readonly { readonly kind: string; readonly reason: string; readonly rows: number }[];
  readonly seconds: number;
}

/** @throws SampleError when the file is open elsewhere, or is not to be replaced */
export async function writeSampleWarehouse(options: SampleFileOptions): Promise<WrittenSample> {
  const { path, rows, force = false } = options;
  const startMs = performance.now();
  await mayBeReplaced(path, force);
  const unfinished = `${path}.${process.pid}.new`;
  try {
    const bad = await onDatabase(unfinished, async (database) => {
      await fillSample(database, options, new AbortController().signal);
      return database.rows(
        `SELECT kind, any_value(reason), count(*) FROM ${BAD_ROWS} GROUP BY kind ORDER BY kind`,
      );
    });
    // What an owner that has died left behind belongs to the old file.
    await rm(`${path}.wal`, { force: true });
    await rename(unfinished, path);
    return {
      path,
      rows,
      bad: bad.map(([kind = '', reason = '', count = '0']) => ({ kind, reason, rows: Number(count) })),
      seconds: (performance.now() - startMs) / 1000,
    };
  } finally {
    await Promise.all(
      ['', '.wal', '.tmp'].map((rest) => rm(`${unfinished}${rest}`, { recursive: true, force: true })),
    );
  }
}

async function mayBeReplaced(path: string, force: boolean): Promise<void> {
  const standing = await standingOf(path);
  if (force || standing === 'absent' || standing === 'sample') return;
  throw new SampleError(
    standing === 'used'
      ? `${path} also holds what syncs and opt-outs remember; --force replaces all of it`
      : `${path} is not a sample; --force replaces it`,
  );
}

/**
 * Changes and removes some people of a sample, for a run that is not the first. The bad rows stay as they are, and each
 * changed row is one for the model `users-namespaces`.
 * @param target path of the file, or a database that has it open
 * @throws SampleError when the file is open elsewhere, or has not so many rows
 */
export async function changeSample(target: string | SampleDatabase, changes: SampleChanges): Promise<void> {
  if (typeof target === 'string') return onDatabase(target, (database) => changeSample(database, changes));
  const { signal } = new AbortController();
  const wanted = changes.changes + (changes.removals ?? 0) + (changes.addressChanges ?? 0);
  const [table, choice] = chooseChanges(changes);
  await target.execute({ sql: table }, signal);
  const found = (await target.execute({ sql: choice }, signal)) ?? 0;
  if (found < wanted) throw new SampleError(`the sample has ${found} rows to change, not ${wanted}`);
  await target.transact(changesSql(changes), signal);
}

/**
 * The addresses of a sample's people in lower case, some at a time, without its file: for whoever has to put them into
 * Iterable first, because the models only update. Also of those whose row has a bad one.
 */
export async function* sampleAddresses({
  rows,
  seed,
}: Pick<SampleOptions, 'rows' | 'seed'>): AsyncGenerator<string> {
  const people = `SELECT lower(email_address) FROM (${peopleSql(rows, seed, '2026-01-01')}) AS people`;
  for await (const addresses of drawnTexts(people)) yield* addresses;
}
