/** What a comparison with Marketo asks the consent log: who is known already, and through which source? */
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import { CONSENT_SOURCES, type ConsentSource } from '../../domain/consent.js';
import { CONSENT_LOG, prepareOnce } from './consent-table.js';
import type { Warehouse } from './engine.js';
import { readRows } from './read-rows.js';

export interface SeenPerson {
  /** Who has told of an opt-out whose activity was at or after the time asked for. */
  readonly sources: ReadonlySet<ConsentSource>;
  /** When this person was last seen opted out in Iterable, whenever that was, ms since 1970. */
  readonly lastVerifiedOptOutAtMs?: number;
}

/** For code that runs in an activity, whose cancellation ends the query. */
export interface ConsentLogReader {
  /** People without any opt-out in the log are absent. @param personHashes some thousands at most */
  readonly seen: (
    personHashes: readonly string[],
    sinceMs: number,
  ) => Promise<ReadonlyMap<string, SeenPerson>>;
}

export function createConsentLogReader(warehouse: Warehouse): ConsentLogReader {
  const prepare = prepareOnce(warehouse);
  return {
    seen: async (personHashes, sinceMs) => {
      const { cancellationSignal } = Context.current();
      await prepare(cancellationSignal);
      const people = JSON.stringify(personHashes.map((hash) => ({ hash })));
      const binds = [new Date(sinceMs).toISOString(), people];
      const rows = await readRows(warehouse, { sql: seenSql(warehouse), binds }, cancellationSignal);
      const seen = new Map<string, SeenPerson>();
      for (const row of rows) {
        const [hash, source, isSince, verifiedAtMs] = Row.parse(row);
        seen.set(hash, merged(seen.get(hash), isSince === '1' ? [source] : [], verifiedAtMs));
      }
      return seen;
    },
  };
}

const Row = z.tuple([
  z.string(),
  z.enum(CONSENT_SOURCES),
  z.enum(['0', '1']),
  z.iso
    .datetime()
    .transform((text) => Date.parse(text))
    .nullable(),
]);

function seenSql({ dialect }: Warehouse): string {
  const people = dialect.jsonRows('?');
  const verified = `CASE WHEN outcome IN ('opted-out', 'already-opted-out', 'applied-late') THEN verified_at END`;
  return `SELECT person_hash, source, MAX(CASE WHEN activity_at >= ${dialect.timestamp('?')} THEN 1 ELSE 0 END),
      ${dialect.isoText(`MAX(${verified})`)}
    FROM ${CONSENT_LOG}
    WHERE change = 'opt-out' AND person_hash IN (SELECT ${people.field('hash')} FROM ${people.from})
    GROUP BY person_hash, source`;
}

function merged(
  person: SeenPerson | undefined,
  sources: readonly ConsentSource[],
  verifiedAtMs: number | null,
): SeenPerson {
  const lastMs = Math.max(person?.lastVerifiedOptOutAtMs ?? -Infinity, verifiedAtMs ?? -Infinity);
  return {
    sources: new Set([...(person?.sources ?? []), ...sources]),
    ...(Number.isFinite(lastMs) ? { lastVerifiedOptOutAtMs: lastMs } : {}),
  };
}
