/** Parts of the documentation that code writes, between markers `<!-- generated:name -->` and `<!-- /generated -->`. */

export interface GeneratedPart {
  readonly name: string;
  readonly markdown: () => string;
}

const MARKED = /(<!-- generated:([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;
const OPENED = /^<!-- generated:[a-z-]+ -->$/gm;
const CLOSED = /^<!-- \/generated -->$/gm;

/**
 * The page with every marked part written anew.
 * @throws when a marker names a part that nobody generates, or has no partner
 */
export function withGenerated(page: string, parts: readonly GeneratedPart[]): string {
  if ((page.match(OPENED) ?? []).length !== (page.match(CLOSED) ?? []).length) {
    throw new Error('a marker <!-- generated:... --> or <!-- /generated --> lacks its partner');
  }
  return page.replace(MARKED, (_whole, open: string, name: string, close: string) => {
    const part = parts.find((candidate) => candidate.name === name);
    if (part === undefined) {
      throw new Error(`no part is called ${name}; there are ${parts.map((known) => known.name).join(', ')}`);
    }
    return `${open}\n${part.markdown().trim()}\n\n${close}`;
  });
}

/** A Markdown table, its cells aligned as Prettier aligns them. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')),
  );
  const widths = head.map((_cell, column) => Math.max(3, ...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [
    line(first),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...others.map(line),
  ].join('\n');
}

/** Text as inline code. */
export function code(text: string): string {
  return `\`${text}\``;
}
