import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse, Dialect } from '@polyglot-sql/sdk';
import { warehouseUrl } from '../../config/warehouse-url.js';
import { readPages, type Page } from './pages.js';

let page: Page;
let statements: readonly string[];
beforeAll(async () => {
  const found = (await readPages()).find(({ path }) => path === 'docs/snowflake.md');
  if (found === undefined) throw new Error('docs/snowflake.md is not there');
  page = found;
  statements = page.blocks
    .filter(({ language }) => language === 'sql')
    .flatMap(({ text }) => text.split(/;\s*\n/))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
});

describe('the set-up of Snowflake', () => {
  it('is SQL that an independent parser of Snowflake accepts', () => {
    expect(statements.length).toBeGreaterThan(10);
    expect(statements.filter((statement) => !parse(statement, Dialect.Snowflake).success)).toEqual([]);
  });

  it('grants what is needed, and nothing more', () => {
    const grants = statements.filter((statement) => /\bgrant\b/i.test(statement));
    const parts = grants.map((grant) =>
      /^grant (.+?) (?:on (\w+) \S+ )?to (?:role|user) (\w+)$/.exec(grant)?.slice(1),
    );
    expect(parts).toEqual([
      ['role iterable_recipes', undefined, 'iterable_recipes'],
      ['usage', 'warehouse', 'iterable_recipes'],
      ['usage', 'database', 'iterable_recipes'],
      ['usage', 'schema', 'iterable_recipes'],
      ['select', 'view', 'iterable_recipes'],
      ['usage', 'schema', 'iterable_recipes'],
      ['create table', 'schema', 'iterable_recipes'],
    ]);
  });

  it('limits what a mistake can cost', () => {
    const warehouse = statements.find((statement) => statement.startsWith('create warehouse'));
    expect(warehouse).toMatch(/'XSMALL' auto_suspend = 60 .*statement_timeout_in_seconds = \d+/);
    expect(statements.join()).toMatch(/on 100 percent do suspend.*set resource_monitor = /s);
  });

  it('shows a setting that can be read', () => {
    const [, url = ''] = /^WAREHOUSE_URL=(.*)$/m.exec(page.text) ?? [];
    expect(warehouseUrl.parse(url)).toMatchObject({
      kind: 'snowflake',
      account: 'myorg-myaccount',
      database: 'MARKETING',
      schema: 'ITERABLE_RECIPES',
      warehouse: 'ITERABLE_RECIPES_WH',
      role: 'ITERABLE_RECIPES',
    });
  });
});
