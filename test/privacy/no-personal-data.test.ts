/**
 * People made of canaries go every way an event can go. With encryption nothing of them is to be found anywhere;
 * without it the same search finds them, so it can fail.
 */
import { describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { payloadKeyRing } from '../../config/payload-keys.js';
import { startSandboxIterable } from '../../sandbox/iterable/index.js';
import { createDataConverter } from '../../workers/codec/data-converter.js';
import { startTestStage } from '../support/stage.js';
import { describeFindings, findCanaries, PAYLOAD_KEY, PERSONAL, SECRETS, type Kind } from './canaries.js';
import { addressOf } from './people.js';
import { placesOf, type Places } from './places.js';
import { startRepeatingIterable } from './repeating-iterable.js';
import { tellStory } from './story.js';

async function leftBehind(payloadKeys: string, options: { readonly killing: boolean }): Promise<Places> {
  const sandbox = await startSandboxIterable({
    apiKey: SECRETS['Iterable API key'],
    invalidEmails: [addressOf('rejected')],
    forgottenEmails: [addressOf('forgotten')],
  });
  sandbox.addUser('somebody@example.com', { existingPlan: 7 }); // from now on a number: texts are refused
  const iterable = await startRepeatingIterable(sandbox);
  const stage = await startTestStage({ url: iterable.url, apiKey: sandbox.apiKey }, payloadKeys);
  const connection = await Connection.connect({ address: stage.temporal.address });
  try {
    const keys = payloadKeyRing.parse(payloadKeys);
    const client = new Client({ connection, dataConverter: createDataConverter(keys) });
    const scene = { stage, iterable, client, keys };
    const heard = await tellStory(scene, options);
    const { shown, stored } = await placesOf(scene);
    return { shown: [...heard, ...shown], stored };
  } finally {
    await connection.close();
    await stage.close();
    await iterable.close();
    await sandbox.close();
  }
}

describe('personal data and secrets', () => {
  it('stand nowhere: not in logs, metrics, answers, ids, search attributes, summaries, failures, or the database', async () => {
    const { shown, stored } = await leftBehind(`canary:${PAYLOAD_KEY}`, { killing: true });
    expect(describeFindings(findCanaries([...shown, ...stored]))).toEqual([]);
  }, 120_000);

  it('stand in arguments and results without encryption, where the same search finds them', async () => {
    const { shown, stored } = await leftBehind('none', { killing: false });
    const found = findCanaries(stored);
    const kindsIn = (place: RegExp): Kind[] => [
      ...new Set(found.filter((finding) => place.test(finding.place)).map(({ kind }) => kind)),
    ];
    expect(kindsIn(/^temporal\.db/).sort()).toEqual(Object.keys(PERSONAL).sort());
    expect(kindsIn(/^history of /).sort()).toEqual(Object.keys(PERSONAL).sort());
    expect(describeFindings(findCanaries(shown))).toEqual([]);
  }, 120_000);
});
