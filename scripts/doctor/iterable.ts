/**
 * Whether Iterable takes the key, whether this machine's clock is right, and whether the subscription schema is the
 * declared one: two requests that read no person.
 * Not through the worker's client, which leaves out the header that tells the time.
 */
import got, { RequestError, type Response } from 'got';
import type { IterableConfig } from '../../config/config.js';
import { ITERABLE_HOSTS } from '../../config/load.js';
import { clockFinding } from './clock.js';
import { note, ok, wrong, type Finding } from './finding.js';
import { subscriptionFinding, type StatusAndBody } from './subscriptions.js';

export interface IterableExamination {
  /** ms since 1970 */
  readonly now?: () => number;
  /** Scheme and host of each data center. */
  readonly hosts?: Readonly<Record<keyof typeof ITERABLE_HOSTS, string>>;
}

const TIMEOUT_MS = 10_000;

export async function examineIterable(
  iterable: IterableConfig | undefined,
  { now = Date.now, hosts = ITERABLE_HOSTS }: IterableExamination = {},
): Promise<readonly Finding[]> {
  if (iterable === undefined) return [note('iterable', 'not asked: this process has no ITERABLE_API_KEY')];
  const response = await read(iterable, '/api/channels');
  if (typeof response === 'string') {
    return [wrong('iterable', `no answer from ${iterable.baseUrl} (${response})`, [NETWORK])];
  }
  const key = keyFinding(response.statusCode, iterable.baseUrl, hosts);
  const clock = clockFinding('clock', 'Iterable', response.headers.date, now());
  if (key.status !== 'ok') return [key, ...clock];
  const types = await read(iterable, '/api/messageTypes');
  const answered = typeof types === 'string' ? undefined : statusAndBody(types);
  return [key, ...clock, subscriptionFinding(statusAndBody(response), answered)];
}

function statusAndBody({ statusCode, body }: Response<string>): StatusAndBody {
  try {
    return { status: statusCode, body: JSON.parse(body) };
  } catch {
    return { status: statusCode, body: undefined };
  }
}

const NETWORK = 'let this machine reach it, or correct ITERABLE_REGION or ITERABLE_BASE_URL';

/**
 * @returns a short code when there was no answer
 * @see https://api.iterable.com/api/docs#channels_channels
 * @see https://api.iterable.com/api/docs#messageTypes_messageTypes
 */
async function read(
  { baseUrl, apiKey }: IterableConfig,
  path: '/api/channels' | '/api/messageTypes',
): Promise<Response<string> | string> {
  try {
    return await got(new URL(path, baseUrl), {
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
