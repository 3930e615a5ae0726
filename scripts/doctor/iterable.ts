/**
 * Whether Iterable takes the key, and whether this machine's clock is right: one request that reads no person.
 * Not through the worker's client, which leaves out the header that tells the time.
 */
import got, { RequestError, type Response } from 'got';
import type { IterableConfig } from '../../config/config.js';
import { ITERABLE_HOSTS } from '../../config/load.js';
import { note, ok, wrong, type Finding } from './finding.js';

export interface IterableExamination {
  /** ms since 1970 */
  readonly now?: () => number;
  /** Scheme and host of each data center. */
  readonly hosts?: Readonly<Record<keyof typeof ITERABLE_HOSTS, string>>;
}

const TIMEOUT_MS = 10_000;
/** From here on `createdAt` and what counts as late are visibly off. */
const MOST_SKEW_MS = 60_000;

export async function examineIterable(
  iterable: IterableConfig | undefined,
  { now = Date.now, hosts = ITERABLE_HOSTS }: IterableExamination = {},
): Promise<readonly Finding[]> {
  if (iterable === undefined) return [note('iterable', 'not asked: this process has no ITERABLE_API_KEY')];
  const response = await readChannels(iterable);
  if (typeof response === 'string') {
    return [wrong('iterable', `no answer from ${iterable.baseUrl} (${response})`, [NETWORK])];
  }
  return [keyFinding(response.statusCode, iterable.baseUrl, hosts), ...clockFinding(response, now())];
}

const NETWORK = 'let this machine reach it, or correct ITERABLE_REGION or ITERABLE_BASE_URL';

/**
 * @returns a short code when there was no answer
 * @see https://api.iterable.com/api/docs#channels_channels
 */
async function readChannels({ baseUrl, apiKey }: IterableConfig): Promise<Response<string> | string> {
  try {
    return await got(new URL('/api/channels', baseUrl), {
      headers: { 'api-key': apiKey.reveal() },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      timeout: { request: TIMEOUT_MS },
    });
  } catch (error) {
    if (error instanceof RequestError) return error.code;
    throw error;
  }
}

function keyFinding(
  status: number,
  baseUrl: string,
  hosts: NonNullable<IterableExamination['hosts']>,
): Finding {
  if (status === 200) return ok('iterable', `${baseUrl} takes the key`);
  if (status === 429) return note('iterable', `${baseUrl} asks to slow down; the key was not looked at`);
  if (status === 401 || status === 403) {
    return wrong('iterable', `${baseUrl} refuses the key (${status})`, [
      'ITERABLE_API_KEY has to be a server-side key of the project, not disabled',
      dataCenterHint(baseUrl, hosts),
    ]);
  }
  return wrong('iterable', `${baseUrl} answers ${status}`, [
    status < 500
      ? 'correct ITERABLE_BASE_URL'
      : 'nothing to mend here: Iterable has a problem, and events wait',
  ]);
}

/** A key is of one data center, and the other one calls it wrong. @see https://api.iterable.com/api/docs */
function dataCenterHint(baseUrl: string, hosts: NonNullable<IterableExamination['hosts']>): string {
  if (baseUrl === hosts.us)
    return 'a project at app.eu.iterable.com is of the other data center: ITERABLE_REGION=eu';
  if (baseUrl === hosts.eu)
    return 'a project at app.iterable.com is of the other data center: ITERABLE_REGION=us';
  return 'ITERABLE_BASE_URL has to be the data center of the project';
}

function clockFinding({ headers }: Response, nowMs: number): readonly Finding[] {
  const theirsMs = Date.parse(headers.date ?? '');
  if (Number.isNaN(theirsMs)) return [];
  const skewSeconds = Math.round((nowMs - theirsMs) / 1000);
  if (Math.abs(skewSeconds) * 1000 <= MOST_SKEW_MS) return [ok('clock', 'agrees with that of Iterable')];
  const direction = skewSeconds > 0 ? 'ahead of' : 'behind';
  return [
    wrong('clock', `${Math.abs(skewSeconds)} s ${direction} that of Iterable`, [
      'set the clock of this machine; times of events come from it',
    ]),
  ];
}
