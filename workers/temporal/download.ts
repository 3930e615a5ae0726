import { createWriteStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import got from 'got';
import { z } from 'zod';
import type { Binary } from './binaries.js';
import { run } from './run.js';

const ARCHIVE_TIMEOUT_MS = 300_000;
const SILENCE_TIMEOUT_MS = 15_000;
const UNPACK_TIMEOUT_MS = 60_000;

const DownloadInfo = z.object({ archiveUrl: z.url(), fileToExtract: z.string().regex(/^[\w.-][\w./-]*$/) });

export interface DownloadSource {
  /** Scheme and host. */
  readonly url: string;
  /** An empty folder. */
  readonly folder: string;
  /** For the first answer: what a machine waits that has no way to the internet, or a firewall that drops packets. */
  readonly reachTimeoutMs: number;
  readonly onNotice?: ((sentence: string) => void) | undefined;
}

/**
 * Downloads an executable from where the Temporal SDK itself gets it, and by the same two requests.
 * @returns path of the executable within the folder
 * @throws Error when the host is not reached in time, does not know the version, or sends something else
 * @see https://github.com/temporalio/sdk-core, ephemeral_server
 */
export async function downloadExecutable(
  { artifact, name, version }: Binary,
  { url, folder, reachTimeoutMs, onNotice }: DownloadSource,
): Promise<string> {
  const info = DownloadInfo.parse(
    await got(`${url}/${artifact}/v${version}`, {
      searchParams: { arch: archName(), platform: process.platform, format: 'tar.gz' },
      retry: { limit: 0 },
      timeout: { request: reachTimeoutMs },
    }).json(),
  );
  onNotice?.(`Downloading ${name} ${version} from ${new URL(info.archiveUrl).host}, once.`);
  const archive = join(folder, 'archive.tar.gz');
  await pipeline(
    got.stream(info.archiveUrl, {
      retry: { limit: 0 },
      timeout: { request: ARCHIVE_TIMEOUT_MS, socket: SILENCE_TIMEOUT_MS },
    }),
    createWriteStream(archive),
  );
  const unpacked = await run(
    'tar',
    ['-xzf', archive, '-C', folder, '--', info.fileToExtract],
    UNPACK_TIMEOUT_MS,
  );
  if (unpacked.exitCode !== 0) throw new Error(`the archive has no ${info.fileToExtract}`);
  const path = join(folder, info.fileToExtract);
  await chmod(path, 0o755);
  return path;
}

/** The names of Go and of the archives. */
function archName(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
