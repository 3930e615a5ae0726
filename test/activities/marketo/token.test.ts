import { describe, expect, it } from '@jest/globals';
import { createAccessTokens, type AccessTokens } from '../../../activities/marketo/token.js';
import type { Reply } from '../../../activities/marketo/client.js';

const moment = { attempt: 1, nowMs: 0, random: 0, hasPageToken: false, internalErrors: 0 };
const token = (accessToken: string, seconds: number): Reply => ({
  kind: 'answer',
  status: 200,
  body: { access_token: accessToken, token_type: 'bearer', expires_in: seconds, scope: 'api' },
});

/** Answers in turn; the last one for ever. */
function tokensOf(...replies: readonly Reply[]): {
  readonly tokens: AccessTokens;
  readonly clock: { nowMs: number };
  readonly asked: () => number;
} {
  const clock = { nowMs: 0 };
  let asked = 0;
  const identify = async (): Promise<Reply> => {
    const reply = replies[Math.min(asked, replies.length - 1)] ?? { kind: 'no-answer', cause: 'connection' };
    asked += 1;
    await Promise.resolve();
    return reply;
  };
  return { tokens: createAccessTokens({ identify }, () => clock.nowMs), clock, asked: () => asked };
}

describe('the access token', () => {
  it('is asked for once, however many want it, and kept until 15 s before its end', async () => {
    const { tokens, clock, asked } = tokensOf(token('one', 3_600), token('two', 3_600));
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.current(moment)));
    expect(new Set(all.map((each) => each.kind === 'token' && each.accessToken))).toEqual(new Set(['one']));
    clock.nowMs = 3_584_000;
    expect(await tokens.current(moment)).toMatchObject({ accessToken: 'one' });
    expect(asked()).toBe(1);
    clock.nowMs = 3_585_000;
    expect(await tokens.current(moment)).toMatchObject({ accessToken: 'two' });
    expect(asked()).toBe(2);
  });

  it('is asked for again where Marketo hands out its last moment, three times at most', async () => {
    const soon = tokensOf(token('old', 0), token('new', 3_600));
    expect(await soon.tokens.current(moment)).toMatchObject({ accessToken: 'new' });
    const never = tokensOf(token('old', 0));
    expect(await never.tokens.current(moment)).toMatchObject({ accessToken: 'old' });
    expect(never.asked()).toBe(3);
  });

  it('is forgotten once Marketo calls it over, but not the one that came after it', async () => {
    const { tokens, asked } = tokensOf(token('one', 3_600), token('two', 3_600));
    await tokens.current(moment);
    tokens.forget('one');
    expect(await tokens.current(moment)).toMatchObject({ accessToken: 'two' });
    tokens.forget('one');
    expect(await tokens.current(moment)).toMatchObject({ accessToken: 'two' });
    expect(asked()).toBe(2);
  });

  it('is asked for anew after a failure', async () => {
    const { tokens } = tokensOf({ kind: 'no-answer', cause: 'timeout' }, token('one', 3_600));
    expect(await tokens.current(moment)).toMatchObject({ kind: 'retry', reason: 'marketo-unreachable' });
    expect(await tokens.current(moment)).toMatchObject({ accessToken: 'one' });
  });
});
