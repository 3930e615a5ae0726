/** The code that runs in Temporal's workflow sandbox: all of workflows/, as one script. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  type Logger,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from './codec/data-converter.js';

/** Where `npm run build` puts the bundle, so that a production start needs no bundler. Beside this file in dist/. */
export const BUILT_BUNDLE_PATH = fileURLToPath(new URL('./workflow-bundle.built.js', import.meta.url));

const WORKFLOWS_PATH = fileURLToPath(
  new URL(`../workflows/index${extname(import.meta.url)}`, import.meta.url),
);

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
  return existsSync(BUILT_BUNDLE_PATH) ? { codePath: BUILT_BUNDLE_PATH } : bundleWorkflows();
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
