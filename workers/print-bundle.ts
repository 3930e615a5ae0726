/** Writes the workflow bundle to stdout; `workflow-bundle.ts` runs it. */
import { bundleWorkflows } from './workflow-bundle.js';

const { code } = await bundleWorkflows();
process.stdout.write(code);
