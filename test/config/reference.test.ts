import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '../../config/config-error.js';
import { environment } from '../../config/environment.js';
import { loadConfig } from '../../config/load.js';
import { configTable, generateEnvExample } from '../../config/reference.js';
import { ALL_SETTINGS } from '../../config/settings.js';

describe('what people read about the settings', () => {
  it('.env.example is fresh; if not, run: npm run docs', async () => {
    expect(await readFile(new URL('../../.env.example', import.meta.url), 'utf8')).toBe(generateEnvExample());
  });

  it('has every setting exactly once, and each example is one that is accepted', () => {
    for (const { variable, example, fallback, schema } of ALL_SETTINGS) {
      expect(generateEnvExample().match(new RegExp(`^#?${variable}=`, 'gm'))).toHaveLength(1);
      expect(configTable().split(`\`${variable}\` |`)).toHaveLength(2);
      // <...> stands for what must not be copied.
      if (!example.includes('<')) expect(schema.safeParse(example)).toMatchObject({ success: true });
      if (fallback !== undefined) expect(schema.safeParse(fallback)).toMatchObject({ success: true });
    }
  });

  it('shows no secret that works if it is copied', () => {
    for (const { secret, example } of ALL_SETTINGS) if (secret) expect(example).toContain('<');
  });

  it('an unedited copy of .env.example names exactly what is left to fill in', () => {
    const lines = generateEnvExample().matchAll(/^([A-Z_]+)=(.*)$/gm);
    const env = Object.fromEntries([...lines].map(([, variable = '', value = '']) => [variable, value]));
    expect(() => loadConfig(env, { gateway: true, worker: true })).toThrow(ConfigError);
    expect(Object.keys(env)).toEqual([
      'GATEWAY_CLIENTS',
      'ITERABLE_API_KEY',
      'ITERABLE_REGION',
      'PERSON_HASH_KEY',
      'PAYLOAD_KEYS',
    ]);
  });

  it('scripts get the variables of the process', () => {
    expect(environment()).toBe(process.env);
  });
});
