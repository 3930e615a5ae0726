import { beforeAll, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { complaintsAbout } from '../support/compiler.js';

const config = fileURLToPath(new URL('../../tsconfig.build.json', import.meta.url));
const folder = fileURLToPath(new URL('../../recipes/', import.meta.url));
/** What every function that writes subscriptions takes. */
const writing = (type: string): string =>
  `import type { WritableType } from './subscriptions.js'; export const types: readonly WritableType[] = [${type}];`;

describe('the compiler, about message types that are not ours to write', () => {
  let complaints: ReadonlyMap<string, string>;
  beforeAll(() => {
    complaints = complaintsAbout(
      { config, folder, alone: true },
      {
        forbidden: writing(`'marketingMessage'`),
        untouched: writing(`'gitlabMarketing', 'transactional'`),
        id: writing('101'),
        ours: writing(`'gitlabMarketing'`),
      },
    );
  });

  it.each(['forbidden', 'untouched', 'id'])('refuses them: %s', (name) => {
    expect(complaints.get(name)).toContain('is not assignable to type');
  });

  it('takes what is ours', () => {
    expect(complaints.get('ours')).toBe('');
  });
});
