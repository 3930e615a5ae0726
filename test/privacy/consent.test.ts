/**
 * People made of canaries go every way an opt-out can go. Nothing of them is to be found anywhere; where their payloads
 * are decrypted the same search finds them, so it can fail.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { CONSENT_LOG } from '../../activities/warehouse/consent-table.js';
import { openDuckDb } from '../../activities/warehouse/duckdb.js';
import type { Cell } from '../../activities/warehouse/engine.js';
import { payloadKeyRing } from '../../config/payload-keys.js';
import { startSandboxIterable } from '../../sandbox/iterable/index.js';
import { startSandboxMarketo } from '../../sandbox/marketo/index.js';
import { createDataConverter } from '../../workers/codec/data-converter.js';
import { startTestStage } from '../support/stage.js';
import { readAll } from '../support/warehouse-file.js';
import { describeFindings, findCanaries, PAYLOAD_KEY, placeOf, SECRETS, type Place } from './canaries.js';
import { tellConsentStory } from './consent-story.js';
import { addressOf } from './people.js';
import { historiesInTheClear, placesOf } from './places.js';
import { startRepeatingIterable } from './repeating-iterable.js';

const PAYLOAD_KEYS = `canary:${PAYLOAD_KEY}`;

interface Left {
  /** Where nothing of them may be. */
  readonly places: readonly Place[];
  /** Histories as only whoever has the keys can read them. */
  readonly clear: readonly Place[];
  readonly log: readonly (readonly Cell[])[];
}

async function leftBehind(): Promise<Left> {
  const sandbox = await startSandboxIterable({
    apiKey: SECRETS['Iterable API key'],
    invalidEmails: [addressOf('rejected')],
  });
  const iterable = await startRepeatingIterable(sandbox);
  const marketo = await startSandboxMarketo({ exportStepMs: 0 });
  const stage = await startTestStage({ url: iterable.url, apiKey: sandbox.apiKey }, PAYLOAD_KEYS);
  const connection = await Connection.connect({ address: stage.temporal.address });
  try {
    const keys = payloadKeyRing.parse(PAYLOAD_KEYS);
    const client = new Client({ connection, dataConverter: createDataConverter(keys) });
    const scene = { stage, sandbox, iterable, marketo, client, keys };
    const { heard, worker } = await tellConsentStory(scene);
    const { shown, stored } = await placesOf(scene);
    const clear = await historiesInTheClear(scene);
    await worker.end('SIGKILL'); // it has the file of the log
    const log = await logIn(join(stage.dataDir, 'warehouse.duckdb'));
    const asText = placeOf('the consent log', log.map((row) => row.join(' ')).join('\n'));
    return { places: [...heard, ...shown, ...stored, asText], clear, log };
  } finally {
    await connection.close();
    await stage.close();
    await Promise.all([iterable.close(), marketo.close(), sandbox.close()]);
  }
}

async function logIn(path: string): Promise<Left['log']> {
  const warehouse = await openDuckDb({ path });
  try {
    const sql = `SELECT outcome, source, person_hash, * FROM ${CONSENT_LOG}`;
    return (await readAll(warehouse, sql)).rows;
  } finally {
    await warehouse.close();
  }
}

describe('personal data of people who unsubscribe', () => {
  let left: Left;
  beforeAll(async () => {
    left = await leftBehind();
  }, 180_000);

  it('stand nowhere: not in logs, metrics, answers, ids, search attributes, summaries, failures, or a database', () => {
    expect(left.places.length).toBeGreaterThan(20);
    expect(describeFindings(findCanaries(left.places))).toEqual([]);
  });

  it('stand encrypted in the histories of people and events, and in no other, where the same search finds them', () => {
    const kinds = (wanted: boolean): readonly string[] => {
      const those = left.clear.filter(({ name }) => /^(personConsent|event)\//.test(name) === wanted);
      expect(those.length).toBeGreaterThan(0);
      return describeFindings(findCanaries(those));
    };
    expect(kinds(true)).toContainEqual(expect.stringMatching(/^e-mail address \(plain\) in personConsent/));
    expect(kinds(false)).toEqual([]);
  });

  it('stand in no row of the consent log, whatever became of somebody: a person is a hash there', () => {
    expect(new Set(left.log.map(([outcome]) => outcome))).toEqual(
      new Set([
        ...['opted-out', 'already-opted-out', 'not-in-iterable', 'opted-in'],
        ...['invalid-email', 'no-email', 'lead-gone'],
      ]),
    );
    expect(new Set(left.log.map(([, source]) => source))).toEqual(
      new Set(['marketo-webhook', 'marketo-poll', 'marketo-reconcile', 'product-event', 'operator']),
    );
    for (const [outcome, , personHash] of left.log)
      if (outcome === 'no-email' || outcome === 'lead-gone') expect(personHash).toBeNull();
      else expect(personHash).toMatch(/^[a-z2-7]{16}$/);
  });
});
