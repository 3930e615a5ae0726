/**
 * Prints, as `NAME=value` lines, where the tools of the tests are: both Temporal executables, found or fetched, and the
 * workflow bundle, made once because it takes two seconds. What cannot be had is explained on stderr and left out, so
 * that only the tests that need it fail.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findBinary, TEMPORAL_CLI, TEST_SERVER, type Binary } from '../../workers/temporal/binaries.js';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';
import { bundleWorkflows } from '../../workers/workflow-bundle.js';

const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`);
};

async function find(binary: Binary): Promise<string> {
  const { [binary.variable]: explicitPath, PATH: searchPath = '' } = process.env;
  const { path } = await findBinary(binary, { explicitPath, searchPath, onNotice: say });
  return path;
}

async function bundle(): Promise<string> {
  const { code } = await bundleWorkflows();
  const path = join(PROJECT_ROOT, '.cache', 'test-workflow-bundle.js');
  await mkdir(join(PROJECT_ROOT, '.cache'), { recursive: true });
  await writeFile(`${path}.${process.pid}`, code);
  await rename(`${path}.${process.pid}`, path);
  return path;
}

const tools = {
  TEST_TEMPORAL_CLI: () => find(TEMPORAL_CLI),
  TEST_TEMPORAL_TEST_SERVER: () => find(TEST_SERVER),
  TEST_WORKFLOW_BUNDLE: bundle,
};

await Promise.all(
  Object.entries(tools).map(async ([variable, prepare]) => {
    try {
      process.stdout.write(`${variable}=${await prepare()}\n`);
    } catch (error) {
      say(`${variable}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }),
);
