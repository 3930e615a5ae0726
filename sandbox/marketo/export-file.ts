/**
 * The file of an extract. It is written line by line into a temporary file that has no name any more: its contents
 * stay as they are while it is read in parts, it needs no memory, and it is gone with the process.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ExportFile {
  readonly handle: FileHandle;
  readonly bytes: number;
  /** The head line apart. */
  readonly records: number;
  /** `sha256:<hex>` */
  readonly checksum: string;
}

const CHUNK_LENGTH = 64 * 1024;

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-marketo-'));
  try {
    return await open(join(folder, 'export'), 'w+');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param lines with their line ends, the head line first */
export async function writeExport(lines: Iterable<string>, signal: AbortSignal): Promise<ExportFile> {
  const handle = await openNameless();
  const hash = createHash('sha256');
  let bytes = 0;
  let count = 0;
  let waiting = '';
  const flush = async (): Promise<void> => {
    const chunk = Buffer.from(waiting);
    waiting = '';
    hash.update(chunk);
    bytes += chunk.length;
    await handle.write(chunk);
  };
  try {
    for (const line of lines) {
      waiting += line;
      count += 1;
      if (waiting.length < CHUNK_LENGTH) continue;
      await flush();
      signal.throwIfAborted();
    }
    await flush();
  } catch (error) {
    await handle.close();
    throw error;
  }
  return { handle, bytes, records: count - 1, checksum: `sha256:${hash.digest('hex')}` };
}

/** Bytes from `start` to `end`, both included. */
export async function* readExport(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let position = start; position <= end;) {
    const chunk = Buffer.alloc(Math.min(CHUNK_LENGTH, end + 1 - position));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/**
 * @param header such as `bytes=100-199`, `bytes=100-`, `bytes=-100`
 * @returns `whole` without one, or with one that is not understood; `unsatisfiable` beyond the end
 */
export function rangeOf(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'whole' | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last));
  return start > end ? 'unsatisfiable' : { start, end };
}
