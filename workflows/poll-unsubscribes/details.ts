/** The Markdown that operators read in the Temporal UI during a poll. Counts and times only. */
import type { PollUnsubscribesResult } from './messages.js';

export function pollDetails({ cursor, counts }: PollUnsubscribesResult, isCaughtUp: boolean): string {
  const { pages, activities, started, repeated, late, resubscribed } = counts;
  const { noEmail, invalidEmail, leadGone } = counts;
  const behindMs = Math.min(cursor.changes.sinceMs, cursor.activities.sinceMs);
  return [
    `**${String(started)}** opt-outs started, from ${String(activities)} records on ${String(pages)} pages`,
    `- seen before ${String(repeated)}, late ${String(late)}, subscribed again in Marketo ${String(resubscribed)}`,
    `- without address ${String(noEmail)}, with one that is none ${String(invalidEmail)}, lead gone ${String(leadGone)}`,
    isCaughtUp ? '- caught up' : `- has read up to ${new Date(behindMs).toISOString()}`,
  ].join('\n');
}
