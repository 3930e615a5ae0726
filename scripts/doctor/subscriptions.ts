/** Whether Iterable's channels and message types are as recipes/subscriptions.ts declares them: else no consent is written. */
import { ApplicationFailure } from '@temporalio/common';
import { judgeChannels, judgeTypes } from '../../activities/iterable/subscription-answers.js';
import { resolve } from '../../activities/iterable/subscription-ids.js';
import { note, ok, wrong, type Finding } from './finding.js';

export interface StatusAndBody {
  readonly status: number;
  /** Parsed JSON, else undefined. */
  readonly body: unknown;
}

const CHECK = 'subscriptions';
const NOW = { attempt: 1, nowMs: 0, random: 0 };

/** @param types answer of `GET /api/messageTypes`; undefined: none came */
export function subscriptionFinding(channels: StatusAndBody, types: StatusAndBody | undefined): Finding {
  const foundChannels = judgeChannels({ kind: 'answer', ...channels }, NOW);
  const foundTypes = types && judgeTypes({ kind: 'answer', ...types }, NOW);
  if (foundChannels.kind !== 'found' || foundTypes?.kind !== 'found') {
    return note(CHECK, 'channels and message types could not be read now');
  }
  try {
    resolve(foundTypes.found, foundChannels.found);
    return ok(CHECK, 'channels and message types are as recipes/subscriptions.ts declares them');
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    return wrong(CHECK, error.message.replace(/^schema-mismatch: /, ''));
  }
}
