/**
 * Why a consent request was not acted on, or could not be. Beside these a `failed` request carries one of
 * `domain/reasons.ts`, as Iterable's answer says. docs/opt-outs.md lists them.
 */
import type { Reason } from './reasons.js';

export const IGNORED_REASONS = {
  'newer-opt-out': 'The person has unsubscribed since: the later opt-out wins.',
  'newer-opt-in': 'The person has opted in since, and Marketo does not count them as unsubscribed.',
  'unsubscribed-in-marketo':
    'Marketo counts the person as unsubscribed: an opt-in has to happen there first.',
  'opt-ins-off': 'Opt-ins are off: Marketo is not configured, and nobody has switched unchecked opt-ins on.',
  'channel-closed': 'The person has left the whole channel in Iterable; only they can come back to it.',
  'too-old': 'An opt-in of more than seven days ago: nobody can say any more what came after it.',
  'not-in-iterable': 'An opt-in of somebody whom Iterable does not have.',
  forgotten: 'The person asked Iterable to be forgotten; nothing more is written about them.',
} as const;
export type IgnoredReason = keyof typeof IGNORED_REASONS;
export type ConsentReason = IgnoredReason | Reason;
