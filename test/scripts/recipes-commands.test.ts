import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Got } from 'got';
import { z } from 'zod';
import { startSandboxIterable, type SandboxIterable } from '../../sandbox/iterable/index.js';
import { SAMPLE_EVENTS } from '../../sandbox/samples/product-events.js';
import { connectGateway } from '../../scripts/recipes/gateway-client.js';
import { eventually } from '../support/eventually.js';
import { runRecipes, type CommandRun } from '../support/run-command.js';
import { CLIENT, startTestStage, type TestStage } from '../support/stage.js';

const Entries = z.array(
  z.object({ status: z.string(), eventId: z.string().optional(), location: z.string().optional() }),
);
const Listing = z.array(z.object({ eventId: z.string(), reason: z.string() }));
const Results = z.array(z.object({ eventId: z.string(), ok: z.boolean(), error: z.string().optional() }));
const Status = z.object({ status: z.string(), reason: z.string().optional() });

const unknownValue = (name: string): object => ({
  work_email: `${name}@example.com`,
  product_interaction: 'Nobody knows this',
});

describe('npm run recipes', () => {
  let iterable: SandboxIterable;
  let stage: TestStage;
  let gateway: Got;
  /** Its patience of ten seconds runs while others work. */
  let unanswered: Promise<CommandRun>;
  beforeAll(async () => {
    iterable = await startSandboxIterable();
    stage = await startTestStage(iterable);
    const nowhere = { ...stage.env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    unanswered = runRecipes(['parked', 'list'], nowhere);
    await Promise.all([stage.start('gateway'), stage.start('worker')]);
    gateway = await connectGateway({ url: stage.gatewayUrl, ...CLIENT });
  });
  afterAll(async () => {
    await stage.close();
    await iterable.close();
  });

  const recipes = (args: readonly string[], input = ''): Promise<CommandRun> =>
    runRecipes(args, stage.env, input);
  const json = <T>(schema: z.ZodType<T>, { stdout }: CommandRun): T => schema.parse(JSON.parse(stdout));

  /** Waits at the gateway, which costs no process per question. */
  const becomes = (
    status: string,
    eventId: string,
    location = `/v1/product-events/${eventId}`,
  ): Promise<void> =>
    eventually(async () => {
      const { body } = await gateway.get(location.slice(1));
      expect(Status.parse(JSON.parse(body)).status).toBe(status);
    });
  const show = async (location: string): Promise<z.infer<typeof Status>> =>
    json(Status, await recipes(['events', 'show', location, '--json']));

  it('sends events from a file and says what became of one', async () => {
    const file = join(stage.dataDir, 'events.json');
    await writeFile(file, JSON.stringify(SAMPLE_EVENTS.map(({ body }) => body)));
    const sent = await recipes(['events', 'send', file, '--json']);
    expect(sent.exitCode).toBe(0);
    const entries = json(Entries, sent);
    expect(entries.map(({ status }) => status)).toEqual(SAMPLE_EVENTS.map(() => 'accepted'));
    const [first, second] = entries;
    await becomes('delivered', first?.eventId ?? '', first?.location);
    await becomes('delivered', second?.eventId ?? '', second?.location);
    const [byLocation, byId, again] = await Promise.all([
      show(first?.location ?? ''),
      show(second?.eventId ?? ''),
      recipes(['events', 'send', file, '--json']),
    ]);
    expect([byLocation.status, byId.status]).toEqual(['delivered', 'delivered']);
    expect(json(Entries, again).every(({ status }) => status === 'duplicate')).toBe(true);
  });

  it('takes lines from standard input, and exits 1 when one of them is no event', async () => {
    const lines = `${JSON.stringify({ work_email: 'lin@example.com', uid: 5, product_interaction: 'SaaS Trial' })}\n{"uid": 6}\n`;
    const sent = await recipes(['events', 'send', '-'], lines);
    expect(sent.exitCode).toBe(1);
    expect(sent.stdout).toMatch(/invalid\s+│ 1/);
    expect(sent.stdout).toContain('work_email');
  });

  it('finds, replaces, releases and discards what is parked', async () => {
    const bodies = ['una', 'ula', 'uri'].map(unknownValue);
    const sent = json(Entries, await recipes(['events', 'send', '-', '--json'], JSON.stringify(bodies)));
    const [una, ula, uri] = sent.map(({ eventId }) => eventId ?? '');
    for (const { eventId, location } of sent) await becomes('parked', eventId ?? '', location);
    const all = ['--reason', 'unknown-product-interaction', '--json'];
    const shown = await show(una ?? ''); // lists lag behind, by less than this takes
    const [listed, listedLater, rehearsed, refused] = await Promise.all([
      recipes(['parked', 'list', ...all]),
      recipes(['parked', 'list', '--since', '2100-01-01', '--json']),
      recipes(['parked', 'release', ...all, '--dry-run']),
      recipes(['parked', 'replace', '--id', una ?? '', '--fields', '{"uid": "x"}', '--json']),
    ]);
    expect(shown).toMatchObject({ status: 'parked', reason: 'unknown-product-interaction' });
    const ids = json(Listing, listed).map(({ eventId }) => eventId);
    expect(ids.sort()).toEqual([una, ula, uri].sort());
    expect(json(Listing, listedLater)).toEqual([]);
    expect(json(Listing, rehearsed)).toHaveLength(3);
    expect(refused.exitCode).toBe(1);
    expect(json(Results, refused)[0]?.error).toContain('uid');
    const replaced = await recipes([
      'parked',
      'replace',
      '--id',
      una ?? '',
      '--fields',
      '{"product_interaction": "SaaS Trial"}',
    ]);
    expect(replaced.exitCode).toBe(0);

    const released = await recipes(['parked', 'release', ...all]);
    expect(released.exitCode).toBe(1); // two of them are unknown still, and parked again
    await becomes('delivered', una ?? '');
    expect(iterable.events({ id: una ?? '' })).toMatchObject([{ eventName: 'SaaS Trials Event', writes: 1 }]);

    const discarded = await recipes([
      'parked',
      'discard',
      ...all,
      '--because',
      'an experiment that has ended',
    ]);
    expect(discarded.exitCode).toBe(0);
    await becomes('discarded', ula ?? '');
    expect((await recipes(['parked', 'list'])).stdout).toContain('nothing is parked');
  });

  it('says what is wrong with its arguments and settings, with exit code 2', async () => {
    const [none, reason, settings] = await Promise.all([
      recipes(['parked', 'release']),
      recipes(['parked', 'list', '--reason', 'bad-luck']),
      runRecipes(['parked', 'list'], { PATH: stage.env['PATH'] ?? '' }),
    ]);
    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--id, --reason or --since') });
    expect(reason).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('unknown-product-interaction'),
    });
    expect(settings.exitCode).toBe(2);
    expect(settings.stderr).toContain('PERSON_HASH_KEY');
  });

  it('says what does not answer, with exit code 4', async () => {
    const [noGateway, noTemporal, wrongSecret] = await Promise.all([
      recipes(['events', 'send', '-', '--url', 'http://127.0.0.1:1'], '{}'),
      unanswered,
      recipes(['events', 'send', '-', '--client', 'product-backend:wrong'], '{}'),
    ]);
    expect(noGateway).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('npm start') });
    expect(noTemporal).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('127.0.0.1:1') });
    expect(wrongSecret).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('GATEWAY_CLIENTS') });
  });
});
