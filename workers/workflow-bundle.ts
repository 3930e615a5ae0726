/** The code that runs in Temporal's workflow sandbox: all of workflows/, as one script. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  bundleWorkflowCode,
  type Logger,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from './codec/data-converter.js';

/** Where `npm run build` puts the bundle, so that a production start needs no bundler. Beside this file in dist/. */
export const BUILT_BUNDLE_PATH = fileURLToPath(new URL('./workflow-bundle.built.js', import.meta.url));

const SOURCE_TYPE = extname(import.meta.url);
const WORKFLOWS_PATH = fileURLToPath(new URL(`../workflows/index${SOURCE_TYPE}`, import.meta.url));
const MOST_BUNDLE_BYTES = 64 * 1_048_576;

/** Bundles from the sources or, in dist/, from what the compiler made of them: about 2 s. */
export function bundleWorkflows(workflowsPath = WORKFLOWS_PATH): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath,
    failureConverterPath: FAILURE_CONVERTER_PATH,
    logger: QUIET,
  });
}

/** What a worker takes as `workflowBundle`: the built one where there is one, else a fresh one. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(BUILT_BUNDLE_PATH) ? { codePath: BUILT_BUNDLE_PATH } : { code: await bundleApart() };
}

/** In a process of its own: the bundler takes 200 MB, which a worker would keep for as long as it runs. */
async function bundleApart(): Promise<string> {
  const script = fileURLToPath(new URL(`./print-bundle${SOURCE_TYPE}`, import.meta.url));
  const loader = SOURCE_TYPE === '.ts' ? ['--import', import.meta.resolve('tsx/esm')] : [];
  const { stdout } = await promisify(execFile)(process.execPath, [...loader, script], {
    maxBuffer: MOST_BUNDLE_BYTES,
  });
  return stdout;
}

const ignore = (): void => undefined;
/** The bundler reports sizes and times. Its failures are thrown, and say what is wrong without this. */
const QUIET: Logger = {
  log: ignore,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};
