import { describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';
import { houseRules } from './house-rules.js';

describe('house rules', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  // Rules that need types take seconds to warm up, and are typescript-eslint's own to test.
  const eslint = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] });

  async function messagesFor(file: string, code: string): Promise<string[]> {
    const results = await eslint.lintText(code, { filePath: `${root}${file}` });
    return results.flatMap(({ messages }) => messages.map(({ message }) => message));
  }

  it.each(houseRules)('report $name, and say what to do', async ({ file, bad, says }) => {
    for (const code of bad) {
      expect({ code, messages: await messagesFor(file, code) }).toEqual({
        code,
        messages: expect.arrayContaining([expect.stringContaining(says)]),
      });
    }
  });

  it.each(houseRules)('have a way without $name', async ({ file, good }) => {
    for (const code of good) {
      expect({ code, messages: await messagesFor(file, code) }).toEqual({ code, messages: [] });
    }
  });

  it('let config/ and tests read the environment', async () => {
    const code = `export const home = process.env['HOME'];`;
    for (const file of ['config/example.ts', 'test/support/example.ts'])
      expect(await messagesFor(file, code)).toEqual([]);
  });
});
