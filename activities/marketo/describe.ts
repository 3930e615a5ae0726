/** The ids of watched fields, which no renaming changes: bulk extracts are filtered by them. */
import { WATCHED_FIELDS } from '../../recipes/unsubscribes.js';
import type { Connection } from './connection.js';
import { okOrEmpty } from './failures.js';
import { PRIORITY } from './limits.js';
import { DescribedField } from './shapes.js';

const KNOWN_FOR_MS = 86_400_000;

/**
 * @param now ms since 1970
 * @returns the ids of those watched fields that the instance has, by REST name; asked for once a day
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads describe
 */
export function createWatchedFieldIds(
  connection: Connection,
  now: () => number,
): () => Promise<readonly number[]> {
  let known: { readonly ids: readonly number[]; readonly untilMs: number } | undefined;
  return async () => {
    if (known !== undefined && now() < known.untilMs) return known.ids;
    const answered = await connection.ask({ endpoint: 'describeLeads' }, { priority: PRIORITY.background });
    const watched = new Set<string>(WATCHED_FIELDS.map(({ rest }) => rest));
    const ids = okOrEmpty(answered, 'describeLeads').result.flatMap((row) => {
      const field = DescribedField.safeParse(row);
      return field.success && watched.has(field.data.rest.name) ? [field.data.id] : [];
    });
    known = { ids, untilMs: now() + KNOWN_FOR_MS };
    return ids;
  };
}
