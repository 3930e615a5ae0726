/**
 * What can happen to a lead, and which activities it leaves behind. The standing of an address is durable: it belongs
 * to the address, reaches every lead that has it, and outlives them.
 */
import { formatDate } from './dates.js';
import { leadField } from './fields.js';
import type { ActOptions, FieldValue, NewLead, SandboxLead, UnsubscribeOptions, Way } from './interface.js';
import type { Moment, World } from './world.js';

const SOURCES: Readonly<Record<Way, string>> = {
  link: 'Web form fillout',
  form: 'Web form fillout',
  crm: 'Salesforce sync',
  api: 'Web service API',
  manual: 'Lead update',
};
const REASONS: Readonly<Record<Way, string>> = {
  link: 'Form fill: Unsubscribe page',
  form: 'Form fill: Preference centre',
  crm: 'Sync from Salesforce',
  api: 'Web Services API syncLead',
  manual: 'Changed by a user',
};
const BY_STATUS = {
  source: 'Marketo Flow Action',
  update: 'System flow action sysActionChangeDataValue updateLeadEmailStatus',
  reset: 'System flow action sysActionChangeDataValue resetLeadEmailStatus',
} as const;

export function addLead(world: World, lead: NewLead = {}, options: ActOptions = {}): number {
  const moment = world.moment({ atMs: lead.createdAtMs, ...options });
  const email = lead.email ?? null;
  const status = world.statusOf(email);
  const unsubscribed = status === true || lead.unsubscribed === true;
  const stored = world.leads.add({ ...lead, createdAtMs: moment.atMs, unsubscribed: false }, moment.atMs);
  world.write(moment, {
    leadId: stored.id,
    typeId: 12,
    primaryId: stored.id,
    attributes: {
      'Created Date': formatDate(moment.atMs, 'zulu'),
      'Source Type': 'Web service API',
      'API Method Name': 'syncLead',
    },
  });
  if (!unsubscribed) return stored.id;
  const bySelf = status !== true;
  if (world.settings.bornUnsubscribedWrites === '12-and-13') {
    world.change(stored, moment, {
      field: 'unsubscribed',
      to: true,
      reason: BY_STATUS.reset,
      source: BY_STATUS.source,
    });
  } else world.flag(stored, true, stored.updatedAtMs);
  if (bySelf) spread(world, stored, true, options);
  return stored.id;
}

/** Takes the standing to everyone else with the address, and remembers it. */
function spread(world: World, lead: SandboxLead, unsubscribed: boolean, options: ActOptions): void {
  const others = world.othersWith(lead).filter((other) => other.unsubscribed !== unsubscribed);
  world.remember(lead.email, unsubscribed);
  for (const [index, other] of others.entries()) {
    const moment = world.moment(options, (index + 1) * world.settings.durableStepMs);
    set(world, other, unsubscribed, { moment, reason: BY_STATUS.update, source: BY_STATUS.source });
  }
}

function set(
  world: World,
  lead: SandboxLead,
  unsubscribed: boolean,
  { moment, ...why }: { readonly moment: Moment; readonly reason: string; readonly source: string },
): SandboxLead {
  const changed = world.change(lead, moment, { field: 'unsubscribed', to: unsubscribed, ...why });
  if (unsubscribed) world.trigger('data-value-changes', changed, moment.atMs);
  return changed;
}

export function unsubscribe(
  world: World,
  leadId: number,
  how: Way,
  { writes, reason, ...options }: UnsubscribeOptions = {},
): void {
  const lead = world.lead(leadId);
  if (lead.unsubscribed) return;
  const moment = world.moment(options);
  const written = writes ?? (how === 'link' || how === 'form' ? [9, 13] : [13]);
  if (written.includes(9)) world.write(moment, unsubscribeEmail(lead, how));
  const why = { reason: reason ?? REASONS[how], source: SOURCES[how] };
  const changed = written.includes(13)
    ? changeFlag(world, lead, moment, { ...why, unsubscribedReason: reason })
    : world.flag(lead, true, moment.atMs);
  if (written.includes(9)) world.trigger('unsubscribes-from-email', changed, moment.atMs);
  spread(world, changed, true, options);
}

/** The flag and, where one was given, the reason that staff see beside it; a webhook tells both. */
function changeFlag(
  world: World,
  lead: SandboxLead,
  moment: Moment,
  { unsubscribedReason, ...why }: { reason: string; source: string; unsubscribedReason: string | undefined },
): SandboxLead {
  const flagged = world.change(lead, moment, { field: 'unsubscribed', to: true, ...why });
  const changed =
    unsubscribedReason === undefined
      ? flagged
      : world.change(flagged, moment, { field: 'unsubscribedReason', to: unsubscribedReason, ...why });
  world.trigger('data-value-changes', changed, moment.atMs);
  return changed;
}

/** A List-Unsubscribe header would leave Form Fields empty; empty attributes are not written. */
function unsubscribeEmail({ id }: SandboxLead, how: Way): Parameters<World['write']>[1] {
  const filled = how === 'form' ? { 'Form Fields': 'unsubscribed=true', 'Webform ID': 1001 } : {};
  return {
    leadId: id,
    typeId: 9,
    campaignId: 2001,
    primaryId: 3001,
    primary: 'Newsletter.January',
    attributes: {
      'Campaign Run ID': 102938,
      'Client IP Address': '192.0.2.7',
      ...filled,
      'Has Predictive': false,
      'User Agent': 'Mozilla/5.0 (X11; Linux x86_64) "Test"',
      'Webpage ID': 4001,
    },
  };
}

export function resubscribe(
  world: World,
  leadId: number,
  how: Way = 'manual',
  options: ActOptions = {},
): void {
  const lead = world.lead(leadId);
  if (!lead.unsubscribed) return;
  const why = { reason: options.reason ?? REASONS[how], source: SOURCES[how] };
  const changed = set(world, lead, false, { moment: world.moment(options), ...why });
  spread(world, changed, false, options);
}

export function changeEmail(
  world: World,
  leadId: number,
  email: string | null,
  options: ActOptions = {},
): void {
  const lead = world.lead(leadId);
  const status = world.statusOf(email);
  world.remember(lead.email, lead.unsubscribed);
  const moment = world.moment(options);
  const moved = world.change(lead, moment, {
    field: 'email',
    to: email,
    reason: options.reason ?? REASONS.manual,
    source: SOURCES.manual,
  });
  const { unknownAddressOnMove, flipsWriteChanges } = world.settings;
  const target =
    status ?? (email !== null && unknownAddressOnMove === 'subscribes' ? false : lead.unsubscribed);
  world.remember(email, target);
  if (target === lead.unsubscribed) return;
  if (!flipsWriteChanges) world.flag(moved, target, moment.atMs);
  else set(world, moved, target, { moment, reason: BY_STATUS.reset, source: BY_STATUS.source });
}

/** @throws RangeError for a field that leads do not have */
export function changeField(
  world: World,
  leadId: number,
  change: { readonly field: string; readonly value: FieldValue },
  options: ActOptions = {},
): void {
  const { field, value } = change;
  if (field === 'email') changeEmail(world, leadId, value === null ? null : String(value), options);
  else if (field === 'unsubscribed') {
    if (value === true) unsubscribe(world, leadId, 'manual', options);
    else resubscribe(world, leadId, 'manual', options);
  } else {
    if (leadField(world.settings, field) === undefined) throw new RangeError(`leads have no field ${field}`);
    const reason = options.reason ?? REASONS.manual;
    const why = { reason, source: SOURCES.manual };
    world.change(world.lead(leadId), world.moment(options), { field, to: value, ...why });
  }
}

/**
 * The losers vanish without activities of their own; the 32 is the winner's.
 * @throws RangeError for a lead that is not there, or is to be merged into itself
 */
export function mergeLeads(
  world: World,
  winner: number,
  losers: readonly number[],
  options: ActOptions = {},
): void {
  const kept = world.lead(winner);
  if (losers.includes(winner)) throw new RangeError(`lead ${winner} cannot be merged into itself`);
  const merged = losers.map((id) => world.lead(id));
  for (const { id, email, unsubscribed } of merged) {
    world.remember(email, unsubscribed);
    world.leads.remove(id);
  }
  const moment = world.moment(options);
  const ids = losers.join(world.settings.mergeIds === 'plain' ? ',' : ', ');
  world.write(moment, {
    leadId: winner,
    typeId: 32,
    primaryId: winner,
    primary: String(winner),
    attributes: {
      'Master Updated': false,
      'Merge IDs': world.settings.mergeIds === 'plain' ? ids : `[${ids}]`,
      'Merge Source': 'Marketo',
      'Merged in Sales': false,
    },
  });
  const takesOver =
    world.settings.mergedStanding === 'unsubscribed' && merged.some((lead) => lead.unsubscribed);
  if (!takesOver || kept.unsubscribed) return;
  const why = { reason: 'Merge Leads', source: 'Lead update' };
  const changed = world.settings.flipsWriteChanges
    ? set(world, kept, true, { moment, ...why })
    : world.flag(kept, true, moment.atMs);
  spread(world, changed, true, options);
}

export function deleteLead(world: World, leadId: number, options: ActOptions = {}): void {
  const { id, email, unsubscribed, fields } = world.lead(leadId);
  world.remember(email, unsubscribed);
  world.leads.remove(id);
  const name = [fields['firstName'], fields['lastName']].filter((part) => part != null).join(' ');
  world.write(world.moment(options), {
    leadId: id,
    typeId: 37,
    primaryId: id,
    primary: name === '' ? `Lead ${id}` : name,
    attributes: { 'Remove from CRM': false, 'API Method Name': 'deleteLead' },
  });
}

const NOTHING = Object.freeze({});

export function addNoise(
  world: World,
  count: number,
  { atMs = world.nowMs, everyMs = 0, typeId = 1 }: { atMs?: number; everyMs?: number; typeId?: number } = {},
): void {
  for (let nth = count - 1; nth >= 0; nth -= 1) {
    const moment = world.moment({ atMs: atMs - nth * everyMs, visibleAfterMs: 0 });
    world.write(moment, { leadId: 1, typeId, attributes: NOTHING });
  }
}
