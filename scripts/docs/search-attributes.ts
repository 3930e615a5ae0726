/** The search attributes in docs/parked-events.md, and in docs/temporal.md the commands that register them. */
import { createCommands } from '../../workers/temporal/namespace.js';
import { cliTypeOf } from '../../workers/temporal/search-attribute-types.js';
import { SEARCH_ATTRIBUTE_MEANINGS, searchAttributes } from '../../workflows/shared/search-attributes.js';
import { code, markdownTable } from './generated.js';

const KEYS = Object.values(searchAttributes);

export function searchAttributesTable(): string {
  const meanings = new Map(Object.entries(SEARCH_ATTRIBUTE_MEANINGS));
  const rows = Object.entries(searchAttributes).map(([id, key]) => [
    code(key.name),
    cliTypeOf(key),
    meanings.get(id) ?? '',
  ]);
  return markdownTable(['Search attribute', 'Type', 'Holds'], rows);
}

/** For a Temporal server of one's own. */
export function selfHostedCommands(): string {
  return shell(createCommands('default', KEYS));
}

/** @see https://docs.temporal.io/cloud/tcld/namespace#search-attributes */
export function cloudCommand(): string {
  const pairs = KEYS.map((key) => `  --search-attribute ${key.name}=${cliTypeOf(key)}`);
  return shell([
    ['tcld namespace search-attributes add --namespace your-namespace.a1b2c', ...pairs].join(' \\\n'),
  ]);
}

function shell(commands: readonly string[]): string {
  return ['```sh', ...commands, '```'].join('\n');
}
