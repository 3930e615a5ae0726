/** The recorded histories: `<version>/<workflow type>/<story>.json`, payloads encrypted with the key of the tests. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type ReplayResult, type WorkflowBundleOption } from '@temporalio/worker';
import { z } from 'zod';
import { testConverter } from '../support/converter.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../package.json', import.meta.url));

/** As Temporal's own tools write it. Only what the tests look at is named. */
export const History = z.looseObject({
  events: z
    .array(
      z.looseObject({
        eventType: z.string(),
        workflowExecutionStartedEventAttributes: z
          .looseObject({ workflowType: z.object({ name: z.string() }) })
          .optional(),
      }),
    )
    .min(1),
});
export type History = z.infer<typeof History>;

export interface RecordedHistory {
  readonly version: string;
  readonly workflowType: string;
  readonly story: string;
  /** The file as it is. */
  readonly text: string;
  readonly history: History;
}

/** Where this version's histories are: `v0.1` for 0.1.0 and its patches, which change no workflow's steps. */
export async function currentVersion(): Promise<string> {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(PACKAGE, 'utf8')));
  return `v${version.split('.').slice(0, 2).join('.')}`;
}

export const pathOf = (version: string, workflowType: string, story: string): string =>
  join(FOLDER, version, workflowType, `${story}.json`);

/** All that were ever recorded, of every version: a run that an old version began is finished by today's code. */
export async function readHistories(): Promise<RecordedHistory[]> {
  const paths = await readdir(FOLDER, { recursive: true });
  return Promise.all(
    paths
      .filter((path) => path.endsWith('.json'))
      .map(async (path) => {
        const [version = '', workflowType = '', file = ''] = path.split(/[\\/]/);
        const text = await readFile(join(FOLDER, path), 'utf8');
        return {
          version,
          workflowType,
          story: file.replace('.json', ''),
          text,
          history: History.parse(JSON.parse(text)),
        };
      }),
  );
}

export const titleOf = ({ version, workflowType, story }: RecordedHistory): string =>
  `${version}/${workflowType}/${story}`;

/** What replaying each history with a bundle ends with, in order. `error` is absent where the code still fits. */
export async function replayAll(
  workflowBundle: WorkflowBundleOption,
  histories: readonly RecordedHistory[],
): Promise<(RecordedHistory & Pick<ReplayResult, 'error'>)[]> {
  const byTitle = new Map(histories.map((each) => [titleOf(each), each]));
  const results = Worker.runReplayHistories(
    { workflowBundle, dataConverter: testConverter },
    [...byTitle].map(([workflowId, { history }]) => ({ workflowId, history })),
  );
  const replayed = [];
  for await (const { workflowId, error } of results) {
    const history = byTitle.get(workflowId);
    if (history !== undefined) replayed.push({ ...history, ...(error === undefined ? {} : { error }) });
  }
  return replayed;
}
