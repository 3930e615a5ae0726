/**
 * Prints, as `NAME=value` lines, where the tools of the tests are: both Temporal executables, found or fetched, the
 * workflow bundle, made once because it takes two seconds, and the compiled project. What cannot be had is explained on
 * stderr and left out, so that only the tests that need it fail.
 */
import { join, relative } from 'node:path';
import { findBinary, TEMPORAL_CLI, TEST_SERVER, type Binary } from '../../workers/temporal/binaries.js';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';
import { BUILT_BUNDLE_PATH, bundleWorkflows } from '../../workers/workflow-bundle.js';
import { COMPILED, compileProject, put } from './compile-project.js';

const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`);
};

async function find(binary: Binary): Promise<string> {
  const { [binary.variable]: explicitPath, PATH: searchPath = '' } = process.env;
  const { path } = await findBinary(binary, { explicitPath, searchPath, onNotice: say });
  return path;
}

/** Where the compiled project looks for it, so that its workers do not bundle again. */
const BUNDLE_PATH = join(COMPILED, relative(PROJECT_ROOT, BUILT_BUNDLE_PATH));

async function bundle(): Promise<string> {
  const { code } = await bundleWorkflows();
  await put(BUNDLE_PATH, code);
  return BUNDLE_PATH;
}

async function compile(): Promise<string> {
  await compileProject({ keep: [BUNDLE_PATH] });
  return COMPILED;
}

const tools = {
  TEST_TEMPORAL_CLI: () => find(TEMPORAL_CLI),
  TEST_TEMPORAL_TEST_SERVER: () => find(TEST_SERVER),
  TEST_WORKFLOW_BUNDLE: bundle,
  TEST_COMPILED: compile,
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
