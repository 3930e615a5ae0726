/**
 * Whether Marketo takes the credentials, how much of its quota is used, and whether the clocks agree: one token, and one
 * call that needs no permission. Not through the worker's client, which leaves out the header that tells the time.
 */
import got, { RequestError, type OptionsInit, type Response } from 'got';
import { z } from 'zod';
import type { MarketoConfig } from '../../config/config.js';
import { clockFinding } from './clock.js';
import { note, ok, wrong, type Finding } from './finding.js';

const TIMEOUT_MS = 10_000;
const CHECK = 'marketo';

const Token = z.object({ access_token: z.string().min(1) });
const Usage = z.object({ success: z.literal(true), result: z.tuple([z.looseObject({ total: z.number() })]) });
/** Marketo's errors come within 200, with their code as text. */
const Refusal = z.object({ errors: z.array(z.object({ code: z.coerce.string() })).min(1) });

export async function examineMarketo(
  marketo: MarketoConfig | undefined,
  now: () => number = Date.now,
): Promise<readonly Finding[]> {
  if (marketo === undefined) return [];
  const { baseUrl } = marketo;
  const identity = await identify(marketo);
  if (typeof identity === 'string') return [unreachable(baseUrl, identity)];
  const clock = clockFinding('marketo-clock', 'Marketo', identity.headers.date, now());
  const token = Token.safeParse(parsed(identity.body));
  const finding =
    identity.statusCode === 200 && token.success
      ? await usageFinding(baseUrl, token.data.access_token)
      : credentialsFinding(baseUrl, identity.statusCode);
  return [finding, ...clock, webhookFinding(marketo)];
}

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication */
function identify({ baseUrl, clientId, clientSecret }: MarketoConfig): Promise<Response<string> | string> {
  return get(new URL('/identity/oauth/token', baseUrl), {
    searchParams: {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret.reveal(),
    },
  });
}

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/rest-api `stats/usage.json` */
async function usageFinding(baseUrl: string, accessToken: string): Promise<Finding> {
  const response = await get(new URL('/rest/v1/stats/usage.json', baseUrl), {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  if (typeof response === 'string') return unreachable(baseUrl, response);
  const body = parsed(response.body);
  const usage = Usage.safeParse(body);
  if (usage.success) return ok(CHECK, `${baseUrl} takes calls: ${usage.data.result[0].total} so far today`);
  const refusal = Refusal.safeParse(body);
  const code = refusal.success
    ? refusal.data.errors.map((each) => each.code).join(', ')
    : response.statusCode;
  if (code === '603') {
    return wrong(CHECK, `${baseUrl} takes the credentials and refuses the call (603)`, [
      "let this machine's address pass Marketo's IP allowlist, or give the API user a role with access to the API",
    ]);
  }
  if (code === '606' || code === '607' || code === '615') {
    return note(
      CHECK,
      `${baseUrl} asks to slow down (${code}); unsubscribes wait until it takes calls again`,
    );
  }
  return wrong(CHECK, `${baseUrl} gives a token and then answers ${code}`, [
    'nothing to mend here where it goes away by itself: unsubscribes wait',
  ]);
}

function credentialsFinding(baseUrl: string, status: number): Finding {
  if (status === 400 || status === 401) {
    return wrong(CHECK, `${baseUrl} refuses the credentials (${status})`, [
      'MARKETO_CLIENT_ID and MARKETO_CLIENT_SECRET stand in Admin, LaunchPoint, View Details of the service',
    ]);
  }
  return wrong(CHECK, `${baseUrl} answers ${status} instead of a token`, [
    status === 200 || status >= 500
      ? 'nothing to mend here: Marketo has a problem, and unsubscribes wait'
      : 'correct MARKETO_BASE_URL: the host of the REST endpoint in Admin, Web Services',
  ]);
}

function unreachable(baseUrl: string, code: string): Finding {
  return wrong(CHECK, `no answer from ${baseUrl} (${code})`, [
    'let this machine reach it, or correct MARKETO_BASE_URL',
  ]);
}

function webhookFinding({ webhookTokenHashes: { length } }: MarketoConfig): Finding {
  if (length === 1) return ok('marketo-webhook', 'one token is valid');
  return note('marketo-webhook', `${length} tokens are valid`, [
    'once Marketo sends the newest, take the others out of MARKETO_WEBHOOK_TOKEN',
  ]);
}

/** @returns a short code when there was no answer */
async function get(url: URL, options: OptionsInit): Promise<Response<string> | string> {
  try {
    return await got(url, {
      ...options,
      isStream: false,
      resolveBodyOnly: false,
      responseType: 'text',
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
