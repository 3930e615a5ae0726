/** The project that the sandbox starts with: the subscription schema, journeys and lists of the recipes' Iterable. */

/** @see https://api.iterable.com/api/docs#channels_channels */
export interface Channel {
  readonly id: number;
  readonly name: string;
  readonly channelType: 'Marketing' | 'Transactional';
  readonly messageMedium: string;
}

/** Times in ms since 1970. @see https://api.iterable.com/api/docs#messageTypes_messageTypes */
export interface MessageType {
  readonly id: number;
  readonly name: string;
  readonly channelId: number;
  readonly subscriptionPolicy: 'OptIn' | 'OptOut';
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly rateLimitPerMinute?: number;
  readonly frequencyCap?: { readonly days: number; readonly messages: number };
}

/** Times in ms since 1970. @see https://api.iterable.com/api/docs#journeys_getJourneys */
export interface Journey {
  readonly id: number;
  readonly name: string;
  readonly description?: string;
  /** Accepts people. */
  readonly enabled: boolean;
  readonly isArchived: boolean;
  readonly journeyType: 'Published' | 'Draft';
  /** How often one person may enter. */
  readonly lifetimeLimit?: number;
  readonly simultaneousLimit?: number;
  readonly startTileId?: number;
  readonly triggerEventNames?: readonly string[];
  /** Profile fields whose presence in an update starts the journey. Iterable does not tell; nor does the sandbox. */
  readonly triggerFields?: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly creatorUserId?: string;
}

/** Time in ms since 1970. @see https://api.iterable.com/api/docs#lists_getLists */
export interface MailingList {
  readonly id: number;
  readonly name: string;
  readonly listType: 'Standard' | 'Dynamic' | 'Suppression' | 'Internal';
  readonly createdAt: number;
  readonly description?: string;
  /** Used by a campaign or journey: cannot be deleted. Not told. */
  readonly inUse?: boolean;
}

const MADE_AT_MS = Date.UTC(2024, 0, 15);
const made = { createdAt: MADE_AT_MS, updatedAt: MADE_AT_MS };

export const CHANNELS: readonly Channel[] = [
  { id: 11, name: 'Marketing Channel', channelType: 'Marketing', messageMedium: 'Email' },
  { id: 12, name: 'Transactional Channel', channelType: 'Transactional', messageMedium: 'Email' },
];

export const MESSAGE_TYPES: readonly MessageType[] = [
  { id: 101, name: 'GitLab Marketing', channelId: 11, subscriptionPolicy: 'OptIn', ...made },
  { id: 102, name: 'Marketing Message', channelId: 11, subscriptionPolicy: 'OptOut', ...made },
  { id: 103, name: 'Transactional', channelId: 12, subscriptionPolicy: 'OptOut', ...made },
];

const published = {
  enabled: true,
  isArchived: false,
  journeyType: 'Published',
  startTileId: 1,
  ...made,
} as const;

export const JOURNEYS: readonly Journey[] = [
  { id: 201, name: 'SaaS Trial Onboarding + Post', triggerEventNames: ['SaaS Trials Event'], ...published },
  {
    id: 202,
    name: 'Free User + Invited Onboarding',
    triggerEventNames: ['SaaS Free Registration'],
    ...published,
  },
];

export const LISTS: readonly MailingList[] = [
  { id: 301, name: 'Product users', listType: 'Standard', createdAt: MADE_AT_MS },
  { id: 302, name: 'Trials of the last 30 days', listType: 'Dynamic', createdAt: MADE_AT_MS, inUse: true },
];
