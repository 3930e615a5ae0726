/** Part of `npm run build`: puts the workflow bundle into dist/, so that a production worker starts without bundling. */
import { writeFile } from 'node:fs/promises';
import { BUILT_BUNDLE_PATH, bundleWorkflows } from '../workers/workflow-bundle.js';

const { code } = await bundleWorkflows();
await writeFile(BUILT_BUNDLE_PATH, code);
