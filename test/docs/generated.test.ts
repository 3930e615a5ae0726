import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROUTES } from '../../sandbox/iterable/routes/index.js';
import { ROUTES as MARKETO_ROUTES } from '../../sandbox/marketo/routes/index.js';
import { commandsReference } from '../../scripts/docs/commands.js';
import { documentationFiles, isStale, write } from '../../scripts/docs/files.js';
import { markdownTable, withGenerated } from '../../scripts/docs/generated.js';
import { marketoEndpointsTable } from '../../scripts/docs/sandbox-marketo.js';
import { sandboxEndpointsTable } from '../../scripts/docs/sandbox.js';
import { PARTS } from '../../scripts/docs/parts.js';
import { TASK_QUEUES } from '../../scripts/docs/task-queues.js';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';

describe('the generated parts', () => {
  it('are fresh; if not, run: npm run docs', async () => {
    const files = await documentationFiles();
    expect(files.filter(isStale).map(({ path }) => `${path} is stale; run: npm run docs`)).toEqual([]);
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'docs/http.md', '.env.example']),
    );
  });

  it('all stand on some page, once', async () => {
    const text = (await documentationFiles()).map(({ found }) => found).join('\n');
    for (const { name } of PARTS)
      expect({ name, times: text.split(`<!-- generated:${name} -->\n`).length - 1 }).toEqual({
        name,
        times: 1,
      });
  });

  it('are the same on every day', () => {
    const today = commandsReference();
    jest.useFakeTimers({ now: Date.parse('2031-01-02') });
    const someday = commandsReference();
    jest.useRealTimers();
    expect(someday).toBe(today);
  });

  it('list every task queue that workers serve', async () => {
    const source = await readFile(join(PROJECT_ROOT, 'workers', 'workers.ts'), 'utf8');
    const served = [...source.matchAll(/taskQueue: '([\w-]+)'/g)].map(([, queue]) => queue);
    expect(TASK_QUEUES.map(({ queue }) => queue)).toEqual(served);
  });

  it('list every endpoint of the sandboxes', () => {
    expect(sandboxEndpointsTable().split('\n')).toHaveLength(ROUTES.length + 2);
    // And identity, which is no route.
    expect(marketoEndpointsTable().split('\n')).toHaveLength(MARKETO_ROUTES.length + 3);
  });
});

describe('npm run docs', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'iterable-recipes-docs-'));
    await mkdir(join(root, 'docs'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const pageHas = (text: string): Promise<void> => writeFile(join(root, 'docs', 'x.md'), text);

  it('writes what is stale, and finds nothing to write after that', async () => {
    await pageHas('# X\n\n<!-- generated:exit-codes -->\nof old\n<!-- /generated -->\n');
    const stale = (await documentationFiles(root)).filter(isStale);
    expect(stale.map(({ path }) => path)).toEqual(['docs/x.md', '.env.example']);
    for (const file of stale) await write(file, root);
    const text = await readFile(join(root, 'docs', 'x.md'), 'utf8');
    expect(text).toMatch(/^# X\n\n<!-- generated:exit-codes -->\n\n\| Exit code [^]*<!-- \/generated -->\n$/);
    expect((await documentationFiles(root)).filter(isStale)).toEqual([]);
  });

  it.each([
    [
      'a part that nobody writes',
      '<!-- generated:nothing -->\n<!-- /generated -->\n',
      /no part is called nothing/,
    ],
    ['a marker without its partner', '<!-- generated:reasons -->\n', /lacks its partner/],
  ])('names the page with %s', async (_what, text, message) => {
    await pageHas(text);
    await expect(documentationFiles(root)).rejects.toThrow(/^docs\/x\.md: /);
    expect(() => withGenerated(text, PARTS)).toThrow(message);
  });

  it('keeps a table a table, whatever stands in its cells', () => {
    expect(markdownTable(['a'], [['x | y\nz']])).toBe(
      '| a       |\n| ------- |\n| x \\| y z |'
        .replace('a       ', 'a        ')
        .replace('-------', '--------'),
    );
  });
});
