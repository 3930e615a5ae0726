import { describe, expect, it } from '@jest/globals';
import type { Moment } from '../../../activities/iterable/answers.js';
import type { Answer } from '../../../activities/iterable/client.js';
import {
  judgeChannels,
  judgeSubscriber,
  judgeSubscriptions,
  judgeTargeted,
  judgeTypes,
} from '../../../activities/iterable/subscription-answers.js';

const moment: Moment = { attempt: 1, nowMs: 0, random: 1 };
const answer = (status: number, body: unknown): Answer => ({ kind: 'answer', status, body });
const NOT_ENABLED = { kind: 'not-enabled' };
const MISMATCH = { kind: 'retry', reason: 'schema-mismatch', class: 'auth', afterMs: 1_000 };

/** A 404 of a targeted endpoint: [what it is, body, what it means]. */
const MISSING: readonly (readonly [string, unknown, object])[] = [
  ['the feature is off', { msg: 'Endpoint not found', code: 'NotFound', params: null }, NOT_ENABLED],
  ['the path is unknown', '<html><title>Action not found</title></html>', NOT_ENABLED],
  ['nothing is said', '', NOT_ENABLED],
  [
    'the id is unknown',
    { error: 'NotFound', message: 'not found', code: 'error.subscriptions.notFound', data: {} },
    MISMATCH,
  ],
];
const NOBODY: readonly (readonly [string, Answer])[] = [
  ['UnknownEmailError', answer(400, { msg: '', code: 'UnknownEmailError' })],
  ['in the other shape', answer(404, { error: 'NotFound', code: 'error.users.noUserWithIdExists' })],
];

describe('answers about subscriptions', () => {
  it.each(MISSING)('404 of a targeted endpoint: %s', (_, body, meaning) => {
    expect(judgeTargeted(answer(404, body), moment)).toEqual(meaning);
  });

  it.each(NOBODY)('the person has gone meanwhile: %s', (_, reply) => {
    expect(judgeTargeted(reply, moment)).toEqual({ kind: 'unknown-user' });
    expect(judgeSubscriptions(reply, moment)).toEqual({ kind: 'unknown-user' });
    expect(judgeSubscriber(reply, moment)).toEqual({ kind: 'unknown-user' });
  });

  it.each([
    ['missing', {}, []],
    ['null', { subscribedMessageTypeIds: null }, []],
    ['there', { subscribedMessageTypeIds: [101, 104] }, [101, 104]],
  ])('an array that is %s', (_, dataFields, ids) => {
    const reply = answer(200, { user: { email: 'robin@example.com', dataFields } });
    expect(judgeSubscriber(reply, moment)).toMatchObject({
      kind: 'found',
      found: { subscribedMessageTypeIds: ids, unsubscribedChannelIds: [] },
    });
  });

  it.each([['101'], ['x'], [{ id: 101 }]])('an array that cannot be read is not empty: %j', (id) => {
    const reply = answer(200, { user: { email: 'x', dataFields: { subscribedMessageTypeIds: [id] } } });
    expect(judgeSubscriber(reply, moment)).toMatchObject({ kind: 'retry', reason: 'unavailable' });
  });

  it('finds types and channels, whatever else is said of them', () => {
    const type = { id: 101, name: 'GitLab Marketing', channelId: 11, subscriptionPolicy: 'OptIn' };
    expect(judgeTypes(answer(200, { messageTypes: [{ ...type, createdAt: 1 }] }), moment)).toEqual({
      kind: 'found',
      found: [type],
    });
    const channel = { id: 11, name: 'Marketing Channel', channelType: 'Marketing' };
    expect(
      judgeChannels(answer(200, { channels: [{ ...channel, messageMedium: 'Email' }] }), moment),
    ).toEqual({ kind: 'found', found: [channel] });
    for (const judge of [judgeTypes, judgeChannels]) {
      expect(judge(answer(200, { messageTypes: 'none' }), moment)).toMatchObject({ reason: 'unavailable' });
    }
  });
});
