import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../../workers/workflow-bundle.js';
import { workflowBundlePath } from '../support/temporal.js';

/** Every worker loads it. 1.85 MB today, two thirds of it the source map; zod alone would lift it over this. */
const MAX_BUNDLE_BYTES = 2_400_000;

/** What may run in the workflow sandbox. Everything else is the mistake of an import that should be a type. */
const MAY_BE_INSIDE = [
  /^workflows\//,
  /^recipes\/(?!product-events\.ts$|map-product-event\.ts$|reference\/)/, // tables that every run would build anew
  /^domain\/(?!.*\.schema\.ts$|person-hash\.ts$)/,
  /^workers\/codec\/failure-converter\.cjs$/,
  /^node_modules\/(@temporalio\/(common|workflow)|nexus-rpc|long|ms)\//,
];

describe('the workflow bundle', () => {
  it('holds workflows, pure rules and what the SDK needs, and nothing else', async () => {
    const modules = modulesOf(await readFile(workflowBundlePath(), 'utf8'));
    expect(modules).toContain('workflows/index.ts');
    expect(modules).toContain('domain/reasons.ts');
    expect(modules.filter(isIntruder)).toEqual([]);
  });

  it('stays small', async () => {
    expect((await readFile(workflowBundlePath())).byteLength).toBeLessThan(MAX_BUNDLE_BYTES);
  });

  it('would be noticed with a schema in it', async () => {
    const entry = fileURLToPath(new URL('../../domain/product-event.schema.ts', import.meta.url));
    const { code } = await bundleWorkflows(entry);
    const intruders = modulesOf(code).filter(isIntruder);
    expect(intruders).toContain('domain/product-event.schema.ts');
    expect(intruders).toContainEqual(expect.stringMatching(/^node_modules\/zod\//));
    expect(Buffer.byteLength(code)).toBeGreaterThan(MAX_BUNDLE_BYTES);
  });
});

/** Paths of the modules from the root of the project, as the bundler names them. Node's have a bare name. */
function modulesOf(code: string): string[] {
  return [...code.matchAll(/^\/\*{3}\/ "(?:\.\/)?([^"?]+)/gm)].flatMap(([, path]) => path ?? []);
}

const isIntruder = (path: string): boolean =>
  builtinModules.includes(path.replace(/^node:/, '')) || !MAY_BE_INSIDE.some((inside) => inside.test(path));
