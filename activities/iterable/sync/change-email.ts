/** A person under another address than before: the profile moves, so that nothing it has gathered stays behind. */
import {
  isUnknownUser,
  judgeUpdate,
  judgeUser,
  type Delivered,
  type Moment,
  type Rejected,
  type Retry,
} from '../answers.js';
import type { Attempt } from '../attempt.js';
import type { Reply } from '../client.js';

export type EmailChange =
  | { readonly kind: 'moved' }
  /** Iterable has neither of the two addresses. */
  | { readonly kind: 'nobody' }
  | Rejected
  | Retry;

const MOVED: EmailChange = { kind: 'moved' };

/**
 * Of projects where the address names the person. Bears a repeat: whoever is under the new address and not under the
 * old one any more has moved before.
 * @see https://api.iterable.com/api/docs#users_updateEmail refuses an address that somebody has
 */
export async function changeEmail(attempt: Attempt, from: string, to: string): Promise<EmailChange> {
  const body = { currentEmail: from, newEmail: to };
  const changed = await attempt.ask('changeEmail', { body }, judgeEmailChange);
  if (changed.kind === 'delivered') return MOVED;
  if (changed.kind === 'retry') return changed;
  if (changed.kind === 'unknown-user') {
    const there = await look(attempt, to);
    if (there.kind === 'user') return MOVED;
    return there.kind === 'unknown-user' ? { kind: 'nobody' } : there;
  }
  if (changed.reason !== 'identity-conflict') return changed;
  const before = await look(attempt, from);
  if (before.kind === 'unknown-user') return MOVED;
  return before.kind === 'user' ? changed : before;
}

const look = (attempt: Attempt, email: string): Promise<ReturnType<typeof judgeUser>> =>
  attempt.ask('getUserByEmail', { query: { email } }, judgeUser);

/** Reply to `changeEmail`. */
export function judgeEmailChange(
  reply: Reply,
  moment: Moment,
): Delivered | Rejected | Retry | { readonly kind: 'unknown-user' } {
  return isUnknownUser(reply) ? { kind: 'unknown-user' } : judgeUpdate(reply, moment);
}
