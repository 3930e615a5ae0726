import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from '@temporalio/worker';
import { z } from 'zod';
import { readHistories } from '../histories/recorded.js';
import { testConverter } from '../support/converter.js';
import { quiet, workflowBundlePath } from '../support/temporal.js';

const root = new URL('../../', import.meta.url);
const Versions = z.record(z.string(), z.string());
const Manifest = z.object({
  version: z.string(),
  dependencies: Versions,
  devDependencies: Versions.default({}),
});
const Lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

const readJson = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(path, root), 'utf8'));

describe('the versions that must agree', () => {
  let wanted: Record<string, string>;
  let installed: { readonly name: string; readonly version: string | undefined }[];
  beforeAll(async () => {
    const { dependencies, devDependencies } = Manifest.parse(await readJson('package.json'));
    wanted = { ...dependencies, ...devDependencies };
    const { packages } = Lock.parse(await readJson('package-lock.json'));
    installed = Object.entries(packages).map(([path, { version }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
    }));
  });
  const versionsOf = (pattern: RegExp): Set<string | undefined> =>
    new Set(installed.filter(({ name }) => pattern.test(name)).map(({ version }) => version));

  it('takes all of Temporal at one version', () => {
    const ours = Object.entries(wanted).filter(([name]) => name.startsWith('@temporalio/'));
    expect(new Set(ours.map(([, range]) => range))).toEqual(new Set(['~1.24.0']));
    const [version, ...others] = versionsOf(/^@temporalio\//);
    expect(version).toMatch(/^1\.24\.\d+$/);
    expect(others).toEqual([]);
  });

  it('takes the last got that runs on Node 20', () => {
    expect(wanted).toMatchObject({ got: '14.6.6' });
    expect(versionsOf(/^got$/)).toEqual(new Set(['14.6.6']));
  });
});

/**
 * Without a direct dependency npm puts protobufjs 7, which gRPC wants, where all can see it, and gives each package of
 * Temporal an 8 of its own. One then refuses the types of another: `type must be a Type`.
 */
describe('protobufjs', () => {
  const users = ['common', 'proto', 'worker', 'client'];
  const seenFrom = (folder: string): NodeJS.Require => createRequire(new URL(folder, root));

  it('is a direct dependency', async () => {
    const { dependencies } = Manifest.parse(await readJson('package.json'));
    expect(dependencies['protobufjs']).toBe('^8.7.1');
  });

  it('is one and the same for every package of Temporal', () => {
    const own = seenFrom('package.json').resolve('protobufjs');
    for (const name of users) {
      expect(seenFrom(`node_modules/@temporalio/${name}/package.json`).resolve('protobufjs')).toBe(own);
    }
    const { version } = z
      .object({ version: z.string() })
      .parse(seenFrom('package.json')('protobufjs/package.json'));
    expect(version).toMatch(/^8\./);
  });

  it('reads a history from JSON', async () => {
    quiet();
    const [history] = await readHistories();
    await Worker.runReplayHistory(
      { workflowBundle: { codePath: workflowBundlePath() }, dataConverter: testConverter },
      history?.history,
    );
  });
});
