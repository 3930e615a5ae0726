import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';
import { pageOf, readPages, type Page } from './pages.js';

let pages: readonly Page[];
beforeAll(async () => {
  pages = await readPages();
});

/** Links of a page that lead nowhere. */
function brokenLinks(page: Page, among: readonly Page[]): readonly string[] {
  return page.links.filter((link) => {
    if (link.startsWith('https://')) return false;
    const [file = '', anchor] = link.split('#');
    const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
    if (!existsSync(join(PROJECT_ROOT, path))) return true;
    return anchor !== undefined && among.find((each) => each.path === path)?.anchors.has(anchor) !== true;
  });
}

const FOLDERS =
  /^(activities|config|docs|domain|gateway|recipes|sandbox|scripts|test|workers|workflows)\/[\w./-]*$/;

describe('the pages', () => {
  it('link to files and headings that exist', () => {
    const broken = pages.flatMap((page) => brokenLinks(page, pages).map((link) => `${page.path}: ${link}`));
    expect(broken).toEqual([]);
  });

  it('would be caught with a link that leads nowhere', () => {
    const page = pageOf(
      'docs/settings.md',
      '# One thing\n\n[a](#one-thing) [b](#other) [c](y.md) [d](reasons.md#x)\n',
    );
    expect(brokenLinks(page, [page, ...pages])).toEqual(['#other', 'y.md', 'reasons.md#x']);
  });

  it('name files and folders of the project that exist', () => {
    const named = pages.flatMap(({ path, spans }) =>
      spans.filter((span) => FOLDERS.test(span)).map((span) => ({ path, span })),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ span }) => !existsSync(join(PROJECT_ROOT, span)))).toEqual([]);
  });

  it('are linked from README.md or from a page that is', () => {
    const reached = new Set(['README.md', 'CHANGELOG.md']);
    for (const path of reached) {
      const links = pages.find((page) => page.path === path)?.links ?? [];
      for (const link of links) {
        const target = normalize(join(dirname(path), link.replace(/#.*/, '')));
        if (pages.some((page) => page.path === target)) reached.add(target);
      }
    }
    expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('hold no address but those at example.com', () => {
    const addresses = pages.flatMap(({ text }) => text.match(/[\w.+-]+@[\w-]+(\.[\w-]+)+/gi) ?? []);
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.filter((address) => !address.toLowerCase().endsWith('@example.com'))).toEqual([]);
  });
});
