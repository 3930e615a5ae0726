import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDevServer, type DevServer } from '../../workers/temporal/dev-server.js';
import { prepareNamespace } from '../../workers/temporal/namespace.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { REFUSAL, restrictTemporal } from '../support/restricted-temporal.js';
import { temporalCliPath } from '../support/temporal.js';

const ours = Object.values(searchAttributes);
const run = promisify(execFile);

describe('prepareNamespace', () => {
  let namespace: string;
  let dataDir: string;
  let server: DevServer;
  let connection: Connection;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'temporal-namespace-'));
    server = await ensureDevServer({
      executable: temporalCliPath(),
      dataDir,
      ui: false,
      preferredPort: 0,
      stopGraceMs: 0,
    });
    connection = await Connection.connect({ address: server.address });
  });
  let lastNamespace = 0;
  beforeEach(async () => {
    namespace = `test-${String((lastNamespace += 1))}`;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
  });
  afterAll(async () => {
    await connection.close();
    await server.close();
    await rm(dataDir, { recursive: true });
  });

  const temporal = (...args: string[]): Promise<{ stdout: string }> =>
    run(temporalCliPath(), [...args, '--address', server.address]);

  async function retentionOf(): Promise<number> {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds) / 86_400;
  }

  it('registers what is missing, usable at once, and changes nothing the second time', async () => {
    const done = { missing: [], commands: [], wrongType: [] };
    expect(await prepareNamespace(connection, namespace, { searchAttributes: ours })).toEqual(done);
    const client = new Client({ connection, namespace });
    const typedSearchAttributes = [{ key: searchAttributes.eventKey, value: ['0123456789abcdef'] }];
    await client.workflow.start('any', { workflowId: 'a', taskQueue: 'nobody', typedSearchAttributes });
    expect(await prepareNamespace(connection, namespace, { searchAttributes: ours })).toEqual(done);
  });

  it('does no harm when processes do it at the same time', async () => {
    const states = await Promise.all(
      [1, 2, 3].map(() => prepareNamespace(connection, namespace, { searchAttributes: ours })),
    );
    expect(states.flatMap(({ missing }) => missing)).toEqual([]);
  });

  it('keeps closed workflows for 30 days where it is asked to, and leaves other namespaces alone', async () => {
    await prepareNamespace(connection, namespace, { searchAttributes: [] });
    expect(await retentionOf()).toBe(1);
    await prepareNamespace(connection, namespace, { searchAttributes: [], retentionDays: 30 });
    expect(await retentionOf()).toBe(30);
  });

  it('reports a search attribute that has another type', async () => {
    const recipe = defineSearchAttributeKey('Recipe', SearchAttributeType.INT);
    await prepareNamespace(connection, namespace, { searchAttributes: [recipe] });
    const state = await prepareNamespace(connection, namespace, { searchAttributes: ours });
    expect(state).toEqual({ missing: [], commands: [], wrongType: ['Recipe'] });
  });

  it('reports what a full namespace has no room for, and registers the rest', async () => {
    const others = ['A', 'B', 'C'].map((name) =>
      defineSearchAttributeKey(name, SearchAttributeType.KEYWORD_LIST),
    );
    await prepareNamespace(connection, namespace, { searchAttributes: others });
    const { missing } = await prepareNamespace(connection, namespace, { searchAttributes: ours });
    expect(missing).toEqual(['SourceEvent', 'PersonHash', 'EventKey']);
  });

  it.each(Object.entries(REFUSAL))(
    'says what to run where it may not register (%s), and sees when that was done',
    async (_, refusal) => {
      const restricted = await restrictTemporal(server.address, refusal);
      const outside = await Connection.connect({ address: restricted.address });
      try {
        const state = await prepareNamespace(outside, namespace, { searchAttributes: ours });
        expect(state.missing).toEqual(ours.map(({ name }) => name));
        expect(state.commands).toHaveLength(ours.length);
        for (const command of state.commands) {
          const [program, ...args] = command.split(' ');
          expect(program).toBe('temporal');
          await temporal(...args);
        }
        const after = await prepareNamespace(outside, namespace, { searchAttributes: ours });
        expect(after).toEqual({ missing: [], commands: [], wrongType: [] });
      } finally {
        await outside.close();
        restricted.close();
      }
    },
  );

  it('fails for a namespace that does not exist', async () => {
    await expect(prepareNamespace(connection, 'nowhere', { searchAttributes: ours })).rejects.toMatchObject({
      details: 'Namespace nowhere is not found.',
    });
  });
});
