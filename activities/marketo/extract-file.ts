/**
 * The file of a finished extract, row by row in bounded memory. A connection that breaks is taken up at the byte where
 * it broke; whoever reads can go on later at the end of any row.
 */
import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { RequestError } from 'got';
import { z } from 'zod';
import type { Answered, Refused, Retry } from './answers.js';
import type { FileReply } from './client.js';
import type { Connection } from './connection.js';
import type { ExtractJob } from './contract.js';
import { rowsOf, type ExtractRow } from './extract-rows.js';
import { placeOf, statusOf } from './extracts.js';
import { failureOf, okOrEmpty } from './failures.js';
import type { ExtractRecord } from './shapes.js';

export interface PlacedRow {
  readonly row: ExtractRow;
  /** Where the next row begins: to be given as `fromByte` by whoever goes on behind this one. */
  readonly nextByte: number;
}

export interface ReadOptions {
  /** Ends the reading; that of the activity unless told. */
  readonly signal?: AbortSignal;
  /** `nextByte` of the last row that was dealt with; the whole file unless told. */
  readonly fromByte?: number;
}

/**
 * Rows of the extract, in the order of the file. One that cannot be read is a row as well, so that none goes missing
 * unseen. Read as a whole, the file is held against the size, rows and checksum that Marketo tells.
 * @throws ApplicationFailure `expected`, retryable, while Marketo has no file; `unavailable`, retryable, when it breaks
 *   off or is not what Marketo told, which rows that were given before do not know; `extract-lost`, not retryable
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-activity-extract
 */
export type ReadExtract = (
  job: ExtractJob,
  exportId: string,
  options?: ReadOptions,
) => AsyncIterable<PlacedRow>;

/** Longer than any row: quotes that nobody closes would take the rest of the file for one. */
const LONGEST_ROW = 4_000_000;
const READ_AGAIN_MS = 30_000;

export function createReadExtract(connection: Connection): ReadExtract {
  return async function* (job, exportId, { signal, fromByte = 0 } = {}) {
    const told = await statusOf(connection, job, exportId);
    const from = (start: number, hash?: Hash): AsyncGenerator<Buffer> =>
      bytesOf({
        open: (byte) =>
          connection.openFile(
            { endpoint: 'extractFile', place: { ...placeOf(job), exportId } },
            { fromByte: byte, ...(signal === undefined ? {} : { signal }) },
          ),
        start,
        size: told.fileSize ?? undefined,
        hash,
      });
    const hash = fromByte === 0 ? createHash('sha256') : undefined;
    let toRow = fromByte === 0 ? undefined : rowsOf(job, await headerOf(from(0)));
    let count = 0;
    for await (const { cells, endByte } of recordsIn(from(fromByte, hash))) {
      if (toRow === undefined) {
        toRow = rowsOf(job, cells);
        continue;
      }
      count += 1;
      yield { row: toRow(cells), nextByte: fromByte + endByte };
    }
    if (hash !== undefined) verify(told, count, hash);
  };
}

interface Record {
  readonly cells: readonly string[];
  /** Bytes from where the reading began to the end of the record. */
  readonly endByte: number;
}
const Parsed = z.object({ record: z.array(z.string()), info: z.object({ bytes: z.number() }) });

/** Cells may hold quotes, line breaks, carriage returns and NUL. */
async function* recordsIn(bytes: AsyncIterable<Buffer>): AsyncGenerator<Record> {
  const source = Readable.from(bytes);
  const parser = source.pipe(
    parse({
      info: true,
      bom: true,
      record_delimiter: ['\r\n', '\n'], // a carriage return alone is part of a cell
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: LONGEST_ROW,
    }),
  );
  source.once('error', (error) => parser.destroy(error));
  try {
    for await (const parsed of parser) {
      const { record, info } = Parsed.parse(parsed);
      yield { cells: record, endByte: info.bytes };
    }
  } catch (error) {
    // The message of the parser's own error holds part of the row.
    if (error instanceof CsvError) throw failureOf(NO_TABLE, 'extractFile');
    throw error;
  } finally {
    source.destroy();
  }
}

async function headerOf(bytes: AsyncIterable<Buffer>): Promise<readonly string[]> {
  for await (const { cells } of recordsIn(bytes)) return cells;
  throw failureOf(INCOMPLETE, 'extractFile');
}

interface Source {
  readonly open: (byte: number) => ReturnType<Connection['openFile']>;
  readonly start: number;
  /** Of the whole file, where Marketo tells it. */
  readonly size: number | undefined;
  readonly hash: Hash | undefined;
}

/** The bytes of the file from `start` on, over as many connections as it takes, as long as each one brings some. */
async function* bytesOf({ open, start, size, hash }: Source): AsyncGenerator<Buffer> {
  let at = start;
  for (;;) {
    if (size !== undefined && at >= size) return;
    const opened = await open(at);
    if (opened.kind !== 'file') throw fileFailure(opened);
    const before = at;
    let isWhole = false;
    try {
      for await (const bytes of chunksOf(opened, at)) {
        at += bytes.length;
        hash?.update(bytes);
        yield bytes;
      }
      isWhole = true;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
    }
    if (isWhole && size === undefined) return;
    if (at === before) throw failureOf(INCOMPLETE, 'extractFile');
  }
}

const Chunk = z.instanceof(Uint8Array);

/** @param at what is before this byte is passed over, where the whole file comes though less was asked for */
async function* chunksOf({ status, bytes }: FileReply, at: number): AsyncGenerator<Buffer> {
  let toSkip = status === 200 ? at : 0;
  try {
    for await (const each of bytes) {
      const chunk = Buffer.from(Chunk.parse(each));
      const rest = chunk.subarray(toSkip);
      toSkip = Math.max(0, toSkip - chunk.length);
      if (rest.length > 0) yield rest;
    }
  } finally {
    bytes.destroy();
  }
}

function verify({ numberOfRecords, fileChecksum }: ExtractRecord, count: number, hash: Hash): void {
  const isShort = numberOfRecords != null && numberOfRecords !== count;
  const [, told] = /^sha256:([0-9a-f]{64})$/i.exec(fileChecksum ?? '') ?? [];
  const isOther = told !== undefined && told.toLowerCase() !== hash.digest('hex');
  if (isShort || isOther) throw failureOf(INCOMPLETE, 'extractFile');
}

function fileFailure(answered: Exclude<Answered, { kind: 'stale-token' }>): Error {
  if (answered.kind === 'retry' || answered.kind === 'refused') return failureOf(answered, 'extractFile');
  okOrEmpty(answered, 'extractFile');
  return failureOf(INCOMPLETE, 'extractFile');
}

const INCOMPLETE: Retry = {
  kind: 'retry',
  reason: 'marketo-extract-incomplete',
  class: 'unavailable',
  afterMs: READ_AGAIN_MS,
};
const NO_TABLE: Refused = {
  kind: 'refused',
  reason: 'marketo-unreadable',
  class: 'rejected',
  code: 'CSV',
};
