/**
 * `npm run histories`: plays the stories that have no history of this version yet, and writes what the server recorded.
 * A history that has been shipped is never recorded again: it stands for runs that are still out there. One that has
 * not, because its workflow changed before the release, is deleted first.
 */
import { access, mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';
import globalSetup from '../support/global-setup.js';
import { startRecipes } from '../support/recipes-worker.js';
import { localEnv, timeSkippingEnv } from '../support/temporal.js';
import { currentVersion, History, pathOf } from './recorded.js';
import type { Scene, Story } from './scene.js';
import { stories } from './stories.js';

interface Missing {
  readonly path: string;
  readonly title: string;
  readonly story: Story;
}

const SERVERS = {
  production: () => localEnv(),
  'short-histories': () => localEnv(['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=5']),
  'time-skipping': () => timeSkippingEnv(),
} as const satisfies Record<string, () => Promise<TestWorkflowEnvironment>>;

async function missingStories(): Promise<Missing[]> {
  const version = await currentVersion();
  const all = Object.entries(stories).flatMap(([workflowType, ofType]) =>
    Object.entries(ofType).map(([name, story]) => ({
      path: pathOf(version, workflowType, name),
      title: `${version}/${workflowType}/${name}`,
      story,
    })),
  );
  const isThere = await Promise.all(
    all.map(({ path }) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return all.filter((_, index) => isThere[index] === false);
}

async function record(scene: Scene, { path, title, story }: Missing): Promise<void> {
  const handle = await story.tell(scene);
  const text = asFile(historyToJSON(await handle.fetchHistory()));
  const lacking = story.shows.filter((type) => !text.includes(`"EVENT_TYPE_${type}"`));
  if (lacking.length > 0) throw new Error(`${title} went otherwise than told: no ${lacking.join(', ')}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  process.stdout.write(`${title}: ${text.length} characters\n`);
}

/** One event per line, and without the name of the machine and process, which also names the sticky queue. */
function asFile(json: string): string {
  const { events } = History.parse(JSON.parse(json));
  const lines = events.map((event) => JSON.stringify(event));
  return `{"events":[\n${lines.join(',\n')}\n]}\n`.replaceAll(`${process.pid}@${hostname()}`, 'recorder');
}

await globalSetup({ rootDir: PROJECT_ROOT });
const missing = await missingStories();
for (const [name, open] of Object.entries(SERVERS)) {
  const here = missing.filter(({ story }) => (story.on ?? 'production') === name);
  if (here.length === 0) continue;
  const env = await open();
  const recipes = await startRecipes(env);
  try {
    for (const each of here) await record({ env, recipes }, each);
  } finally {
    await recipes.stop();
    await env.teardown();
  }
}
