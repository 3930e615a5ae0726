/**
 * The subscription schema: which channels and message types the Iterable project has, what each is for, and what an
 * unsubscribe and an opt-in mean. Ids are found by these names when a worker starts. A name that is missing or there
 * twice, or another policy than declared here, stops all consent work until it is mended, here or in Iterable.
 */
import type { ChannelRow, MessageTypeRows, WritableOf } from '../domain/subscription-schema.js';

export const CHANNELS = {
  marketing: { name: 'Marketing Channel', type: 'Marketing' },
  transactional: { name: 'Transactional Channel', type: 'Transactional' },
} as const satisfies Readonly<Record<string, ChannelRow>>;

export const MESSAGE_TYPES = {
  /** The type of every marketing mail. Nobody gets it who has not opted in. */
  gitlabMarketing: { name: 'GitLab Marketing', channel: 'marketing', policy: 'OptIn', use: 'ours' },
  /** Iterable's default type: it can mail people who have unsubscribed. To be deleted. */
  marketingMessage: { name: 'Marketing Message', channel: 'marketing', policy: 'OptOut', use: 'forbidden' },
  /** Receipts, password resets: go on after an unsubscribe. */
  transactional: { name: 'Transactional', channel: 'transactional', policy: 'OptOut', use: 'untouched' },
} as const satisfies MessageTypeRows;

export type WritableType = WritableOf<typeof MESSAGE_TYPES>;

/** What somebody who unsubscribes in Marketo is opted out of. */
export const OPT_OUT_COVERS: readonly WritableType[] = ['gitlabMarketing'];

/** An opt-in that comes later than this counts no more: from then on nobody remembers what came after it. */
export const OPT_IN_COUNTS_FOR_DAYS = 7;

/** What a product event with `opt_in: true` subscribes to. */
export const OPT_IN_GRANTS: WritableType = 'gitlabMarketing';
