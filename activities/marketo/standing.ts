/** The activity `marketoStanding`: whether Marketo counts people as unsubscribed. Goes before all other calls. */
import { looksLikeEmail, normaliseEmail } from '../../domain/email.js';
import { orCancelled } from '../shared/cancellation.js';
import { together } from '../shared/together.js';
import type { Connection } from './connection.js';
import type { MarketoActivities, MarketoStanding } from './contract.js';
import { findLeads, MOST_VALUES } from './leads.js';
import { PRIORITY } from './limits.js';

/** For all who wait for it, whoever of them is cancelled meanwhile. */
const CALL_TIMEOUT_MS = 60_000;

type Standings = ReadonlyMap<string, MarketoStanding['standing']>;

/** See the contract for what it promises. It reads only; what is asked at the same time costs one call. */
export function createMarketoStanding(connection: Connection): MarketoActivities['marketoStanding'] {
  const standingsOf = together(MOST_VALUES, (emails: readonly string[]) => readStandings(connection, emails));
  return async (items) => {
    // What is no address has no lead; a comma in it would make two of it.
    const addresses = items.map(({ email }) => normaliseEmail(email)).filter(looksLikeEmail);
    const standings: Standings =
      addresses.length === 0 ? new Map() : await orCancelled(standingsOf(addresses));
    return items.map(({ personHash, email }) => ({
      personHash,
      standing: standings.get(normaliseEmail(email)) ?? 'unknown-there',
    }));
  };
}

/** By address. Those that no lead has are missing. */
async function readStandings(connection: Connection, emails: readonly string[]): Promise<Standings> {
  const leads = await findLeads(connection, 'email', [...new Set(emails)], {
    priority: PRIORITY.standing,
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  const standings = new Map<string, MarketoStanding['standing']>();
  for (const { email, isUnsubscribed } of leads) {
    const address = normaliseEmail(email ?? '');
    if (isUnsubscribed) standings.set(address, 'unsubscribed');
    else if (!standings.has(address)) standings.set(address, 'subscribed');
  }
  return standings;
}
