/** The activity `marketoStanding`: whether Marketo counts people as unsubscribed. Goes before all other calls. */
import { looksLikeEmail, normaliseEmail } from '../../domain/email.js';
import type { Connection } from './connection.js';
import type { MarketoActivities, MarketoStanding } from './contract.js';
import { findLeads } from './leads.js';
import { PRIORITY } from './limits.js';

/** See the contract for what it promises. It reads only. */
export function createMarketoStanding(connection: Connection): MarketoActivities['marketoStanding'] {
  return async (items) => {
    // What is no address has no lead; a comma in it would make two of it.
    const addresses = new Set(items.map(({ email }) => normaliseEmail(email)).filter(looksLikeEmail));
    const leads = await findLeads(connection, 'email', [...addresses], PRIORITY.standing);
    const standings = new Map<string, MarketoStanding['standing']>();
    for (const { email, isUnsubscribed } of leads) {
      const address = normaliseEmail(email ?? '');
      if (isUnsubscribed) standings.set(address, 'unsubscribed');
      else if (!standings.has(address)) standings.set(address, 'subscribed');
    }
    return items.map(({ personHash, email }) => ({
      personHash,
      standing: standings.get(normaliseEmail(email)) ?? 'unknown-there',
    }));
  };
}
