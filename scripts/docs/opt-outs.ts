/** The tables of docs/opt-outs.md, made from the code that they describe. */
import { IGNORED_REASONS } from '../../domain/consent-reasons.js';
import { CONSENT_OUTCOMES, type ConsentOutcome } from '../../domain/consent.js';
import { CHANNELS, MESSAGE_TYPES } from '../../recipes/subscriptions.js';
import { code, markdownTable, type GeneratedPart } from './generated.js';

export const OPT_OUT_PARTS: readonly GeneratedPart[] = [
  { name: 'message-types', markdown: messageTypesTable },
  { name: 'consent-outcomes', markdown: outcomesTable },
  { name: 'ignored-reasons', markdown: ignoredTable },
];

const OUTCOMES: Readonly<Record<ConsentOutcome, string>> = {
  'opted-out': 'Iterable accepted a write, and a read after the settling time showed it.',
  'already-opted-out': 'A read showed that nothing had to be written.',
  'applied-late':
    'Unknown to Iterable at first; opted out when the profile appeared. A second record of its request.',
  'opted-in': 'Iterable accepted a write, and a read after the settling time showed it.',
  'already-opted-in': 'A read showed that nothing had to be written.',
  'not-in-iterable':
    'Iterable does not know the person, at two looks. An opt-out is looked up again on later days.',
  'no-email': 'The lead in Marketo has no address.',
  'invalid-email': 'Iterable or we do not take the address for one.',
  'lead-gone': 'Marketo has no such lead any more: nobody can say whose unsubscribe it was.',
  ignored: 'Not acted on, for one of the reasons below.',
  failed: 'Not applied within 76 hours, or cancelled. The reason is a code of [Reasons](reasons.md).',
};

const USES = {
  ours: 'written by the recipes',
  forbidden: 'never written; nobody may send with it',
  untouched: 'never written',
} as const;

function messageTypesTable(): string {
  const rows = Object.values(MESSAGE_TYPES).map(({ name, channel, policy, use }) => [
    name,
    CHANNELS[channel].name,
    code(policy),
    USES[use],
  ]);
  return markdownTable(['Message type', 'Channel', 'Policy', 'Here'], rows);
}

function outcomesTable(): string {
  return markdownTable(
    ['Outcome', 'Means'],
    CONSENT_OUTCOMES.map((outcome) => [code(outcome), OUTCOMES[outcome]]),
  );
}

function ignoredTable(): string {
  const rows = Object.entries(IGNORED_REASONS).map(([reason, meaning]) => [code(reason), meaning]);
  return markdownTable(['Reason', 'Means'], rows);
}
