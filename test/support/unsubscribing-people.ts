/** People who unsubscribe in the sandbox Marketo in every way there is, each with other subscriptions to lose in Iterable. */
import type { SandboxIterable, SandboxUser } from '../../sandbox/iterable/index.js';
import type { SandboxMarketo } from '../../sandbox/marketo/index.js';
import { MARKETING, OTHER_TYPE } from './consent-app.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Before the first poll looks back, within what the daily comparison covers. */
const BEFORE_POLLS_MS = 30 * HOUR_MS;
const LONG_AGO_MS = 10 * DAY_MS;

/** Who is the first that can find an unsubscribe. */
export type FoundBy = 'push' | 'poll' | 'daily comparison' | 'weekly comparison';

interface Kind {
  readonly foundBy: FoundBy;
  readonly unsubscribe: (marketo: SandboxMarketo, email: string) => void;
}

const byChange = (how: Parameters<SandboxMarketo['unsubscribe']>[1]): Kind => ({
  foundBy: 'push',
  unsubscribe: (marketo, email) => {
    marketo.unsubscribe(marketo.addLead({ email }), how);
  },
});

const KINDS: Readonly<Record<string, Kind>> = {
  'by-link': byChange('link'),
  'by-form': byChange('form'),
  'by-crm': byChange('crm'),
  'by-api': byChange('api'),
  'by-hand': byChange('manual'),
  /** What one lead did reaches every lead with the address. */
  'durable-by-a-twin': {
    foundBy: 'push',
    unsubscribe: (marketo, email) => {
      marketo.addLead({ email });
      marketo.unsubscribe(marketo.addLead({ email: email.toUpperCase() }), 'link');
    },
  },
  /** Unsubscribed and deleted before anybody looked; made again, the lead is born with the standing of its address. */
  'durable-made-again': {
    foundBy: 'poll',
    unsubscribe: (marketo, email) => {
      const atMs = Date.now() - LONG_AGO_MS;
      const first = marketo.addLead({ email, createdAtMs: atMs });
      marketo.unsubscribe(first, 'link', { atMs });
      marketo.deleteLead(first, { atMs });
      marketo.addLead({ email });
    },
  },
  'born-unsubscribed': {
    foundBy: 'poll',
    unsubscribe: (marketo, email) => {
      marketo.addLead({ email, unsubscribed: true });
    },
  },
  'black-listed': {
    foundBy: 'poll',
    unsubscribe: (marketo, email) => {
      marketo.blackList(marketo.addLead({ email }));
    },
  },
  'before-the-first-poll': {
    foundBy: 'daily comparison',
    unsubscribe: (marketo, email) => {
      const atMs = Date.now() - BEFORE_POLLS_MS;
      marketo.unsubscribe(marketo.addLead({ email, createdAtMs: atMs }), 'crm', { atMs });
    },
  },
  'born-long-ago': {
    foundBy: 'weekly comparison',
    unsubscribe: (marketo, email) => {
      const createdAtMs = Date.now() - LONG_AGO_MS;
      marketo.addLeads(1, () => ({ email, unsubscribed: true, createdAtMs }));
    },
  },
};

export interface UnsubscribingPerson {
  readonly email: string;
  readonly foundBy: FoundBy;
  /** As they were in Iterable; undefined: they are not there. */
  readonly before: SandboxUser | undefined;
  readonly unsubscribe: (marketo: SandboxMarketo) => void;
}

const OTHERS: readonly Readonly<Record<string, readonly number[]>>[] = [
  {
    subscribedMessageTypeIds: [OTHER_TYPE.id, MARKETING],
    unsubscribedMessageTypeIds: [102, 103],
  },
  { unsubscribedChannelIds: [11], unsubscribedMessageTypeIds: [103], emailListIds: [301] },
  { subscribedMessageTypeIds: [MARKETING, OTHER_TYPE.id], emailListIds: [301, 302] },
  { unsubscribedChannelIds: [12], unsubscribedMessageTypeIds: [102] },
];

/** One of each kind who is in Iterable. @param turn who of them has which other subscriptions */
export function addPeople(iterable: SandboxIterable, name: string, turn: number): UnsubscribingPerson[] {
  return Object.entries(KINDS).map(([kind, { foundBy, unsubscribe }], index) => {
    const email = `${kind}.${name}@example.com`;
    iterable.addUser(email, {
      firstName: 'Robin',
      subscribedMessageTypeIds: [MARKETING],
      ...OTHERS[(index + turn) % OTHERS.length],
    });
    return {
      email,
      foundBy,
      before: iterable.user(email),
      unsubscribe: (marketo) => {
        unsubscribe(marketo, email);
      },
    };
  });
}

/** Who is in Marketo alone. */
export function stranger(name: string): UnsubscribingPerson {
  const email = `stranger.${name}@example.com`;
  const { foundBy, unsubscribe } = byChange('link');
  return {
    email,
    foundBy,
    before: undefined,
    unsubscribe: (marketo) => {
      unsubscribe(marketo, email);
    },
  };
}
