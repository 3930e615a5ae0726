/** Requests that the gateway refuses, each full of canaries wherever a request can hold something. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { got, type Got, type Response } from 'got';
import { createTokens } from '../../gateway/tokens.js';
import { CLIENT, PERSON_HASH_KEY } from '../support/stage.js';
import { PERSONAL, SECRETS } from './canaries.js';
import { addressOf, bodyOf } from './people.js';

const PATH = 'v1/product-events';
const someone = addressOf('refused');
const TWO_HOURS_MS = 7_200_000;
const holder = { clientId: someone, scopes: ['product-events:write'] } as const;
const expired = createTokens(PERSON_HASH_KEY, () => Date.now() - TWO_HOURS_MS).issue(holder);
const forged = createTokens(SECRETS['wrong client secret']).issue(holder);
const ofNobody = createTokens(PERSON_HASH_KEY).issue(holder);

/** @returns statuses by what is wrong, and everything the gateway answered with */
export async function sendBadRequests(
  gateway: Got,
  url: string,
): Promise<{ readonly statuses: Readonly<Record<string, number>>; readonly answers: string }> {
  const anonymous = got.extend({ prefixUrl: url, retry: { limit: 0 }, throwHttpErrors: false });
  const invalid = { work_email: 'Wombatine at home', uid: someone, first_name: { [someone]: someone } };
  const json = bodyOf('refused');
  const form = { grant_type: 'client_credentials', client_id: someone };
  const post = (body: string, type = 'application/json'): Promise<Response<string>> =>
    gateway.post(PATH, { body, headers: { 'content-type': type, 'x-request-id': someone } });
  const withToken = (token: string): Promise<Response<string>> =>
    anonymous.post(PATH, { json, headers: { authorization: `Bearer ${token}` } });
  const requests = {
    'invalid fields': gateway.post(PATH, { json: bodyOf('refused', invalid) }),
    'not an event': gateway.post(PATH, { json: someone }),
    'broken JSON': post(JSON.stringify(json).slice(0, -9)),
    'a bare word': post(PERSONAL['first name']),
    'another type': post(JSON.stringify(json), 'text/plain'),
    'too deep': post(`${'['.repeat(30)}"${someone}"${']'.repeat(30)}`),
    'unknown event': gateway.get(`${PATH}/${someone}`),
    'event of another form': gateway.get(`${PATH}/saas-trial-aaaaaaaaaaaaaaaa?group=${someone}`),
    'unknown path': gateway.get(`people/${someone}?name=${PERSONAL['first name']}`),
    'wrong method': gateway.put(PATH, { json }),
    'no token': anonymous.post(PATH, { json }),
    'expired token': withToken(expired),
    'forged token': withToken(forged),
    "nobody's token": withToken(ofNobody),
    'wrong secret': anonymous.post('oauth/token', {
      form: { ...form, client_secret: SECRETS['wrong client secret'] },
    }),
    'wrong secret for a client': anonymous.post('oauth/token', {
      form: { grant_type: 'client_credentials' },
      username: CLIENT.clientId,
      password: SECRETS['wrong client secret'],
    }),
    'unknown grant': anonymous.post('oauth/token', {
      json: {
        grant_type: someone,
        scope: someone,
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
      },
    }),
  };
  const answers: string[] = [];
  const statuses: Record<string, number> = {};
  for (const [name, request] of Object.entries(requests)) {
    const { statusCode, headers, body } = await request;
    statuses[name] = statusCode;
    answers.push(name, JSON.stringify(headers), body);
  }
  answers.push(await sendNonsense(url));
  return { statuses, answers: answers.join('\n') };
}

/** What is no HTTP at all. */
async function sendNonsense(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(`POST /${PATH}?email=${someone} HTTP/1.1\r\nHost: x\r\n${someone}\r\n\r\n`);
  const chunks = await socket.toArray();
  return chunks.map(String).join('');
}
