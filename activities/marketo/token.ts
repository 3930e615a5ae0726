/** The access token that all calls of the worker share: asked for once however many want it, renewed shortly before its end. */
import { judgeIdentity, type Moment, type Retry } from './answers.js';
import type { MarketoClient } from './client.js';

export interface AccessTokens {
  /** The token of the moment. `retry` where Marketo gives none. */
  readonly current: (
    moment: Moment,
  ) => Promise<{ readonly kind: 'token'; readonly accessToken: string } | Retry>;
  /** Marketo has called this one over; another that has come since is left alone. */
  readonly forget: (accessToken: string) => void;
}

/** So long before its end a token is given up: a call with it has to arrive. */
const SPARE_MS = 15_000;
/** Marketo sometimes hands out the last moment of a token; then it is asked again, so many times in all. */
const MOST_ASKED = 3;

/** @param now ms since 1970 */
export function createAccessTokens(
  { identify }: Pick<MarketoClient, 'identify'>,
  now: () => number,
): AccessTokens {
  let known: { readonly accessToken: string; readonly untilMs: number } | undefined;
  let asking: ReturnType<AccessTokens['current']> | undefined;

  const ask: AccessTokens['current'] = async (moment) => {
    for (let asked = 1; ; asked += 1) {
      const fromMs = now();
      const judged = judgeIdentity(await identify(), moment);
      if (judged.kind === 'retry') return judged;
      const { accessToken, expiresInMs } = judged;
      known = { accessToken, untilMs: fromMs + expiresInMs - SPARE_MS };
      // In its last seconds a token is better than none: should it end on the way, Marketo says so and it is replaced.
      if (expiresInMs > 0 || asked === MOST_ASKED) return { kind: 'token', accessToken };
    }
  };

  return {
    current: (moment) => {
      if (known !== undefined && known.untilMs > now())
        return Promise.resolve({ kind: 'token', accessToken: known.accessToken });
      asking ??= ask(moment).finally(() => {
        asking = undefined;
      });
      return asking;
    },
    forget: (accessToken) => {
      if (known?.accessToken === accessToken) known = undefined;
    },
  };
}
