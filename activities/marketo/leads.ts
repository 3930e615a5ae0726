/** Leads as they are now: by their ids, or by address. */
import { WATCHED_FIELDS } from '../../recipes/unsubscribes.js';
import type { Asking, Connection } from './connection.js';
import { failureOf, okOrEmpty } from './failures.js';
import { flagOf, LeadRecord } from './shapes.js';

export interface Lead {
  readonly id: number;
  /** As Marketo has it; null where it has none. */
  readonly email: string | null;
  /** By any of the watched fields. */
  readonly isUnsubscribed: boolean;
}

/** Most values that Marketo takes in one call. */
export const MOST_VALUES = 300;
const FIELDS = ['id', 'email', ...WATCHED_FIELDS.map(({ rest }) => rest)].join(',');
const TOO_MANY_MATCHES = '1003';

/**
 * All leads that match. An id finds one lead or none (deleted, or merged into another); an address any number.
 * @throws ApplicationFailure as `okOrEmpty` says
 * @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads
 */
export async function findLeads(
  connection: Connection,
  filterType: 'id' | 'email',
  values: readonly string[],
  asking: Asking,
): Promise<Lead[]> {
  const leads: Lead[] = [];
  for (let from = 0; from < values.length; from += MOST_VALUES) {
    leads.push(...(await findSome(connection, filterType, values.slice(from, from + MOST_VALUES), asking)));
  }
  return leads;
}

async function findSome(
  connection: Connection,
  filterType: 'id' | 'email',
  values: readonly string[],
  asking: Asking,
): Promise<Lead[]> {
  const leads: Lead[] = [];
  let pageToken: string | undefined;
  do {
    const filterValues = values.join(',');
    const query = { filterType, filterValues, fields: FIELDS, batchSize: String(MOST_VALUES) };
    const answered = await connection.ask(
      {
        endpoint: 'leads',
        query: pageToken === undefined ? query : { ...query, nextPageToken: pageToken },
      },
      asking,
    );
    // One call finds at most 1,000 leads: with several addresses, fewer of them may do.
    if (answered.kind === 'refused' && answered.code === TOO_MANY_MATCHES && values.length > 1) {
      const half = Math.ceil(values.length / 2);
      const parts = [values.slice(0, half), values.slice(half)];
      const found = [];
      for (const part of parts) found.push(...(await findSome(connection, filterType, part, asking)));
      return found;
    }
    const { result, nextPageToken } = okOrEmpty(answered, 'leads');
    leads.push(...result.map(leadOf));
    pageToken = nextPageToken;
  } while (pageToken !== undefined);
  return leads;
}

/** @throws ApplicationFailure, retryable: a lead that cannot be read must not pass for one that is not there */
function leadOf(row: unknown): Lead {
  const { success, data } = LeadRecord.safeParse(row);
  if (!success)
    throw failureOf(
      { kind: 'retry', reason: 'marketo-unreadable', class: 'unavailable', afterMs: UNREADABLE_MS },
      'leads',
    );
  return { id: data.id, email: data.email ?? null, isUnsubscribed: isUnsubscribed(data) };
}

const UNREADABLE_MS = 60_000;

/** By field: any of the watched ones that says yes. */
export function isUnsubscribed(fields: Readonly<Record<string, unknown>>): boolean {
  return WATCHED_FIELDS.some(({ rest }) => flagOf(fields[rest]) === true);
}
