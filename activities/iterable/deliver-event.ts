/** One product event: its profile first, then the event itself. */
import type { FieldValue } from '../../domain/field-mapping.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import type { MapEvent, MappedEvent } from '../../recipes/map-product-event.js';
import { judgeTrack, judgeUpdate, judgeUser, type Delivered, type Rejected, type Retry } from './answers.js';
import type { Attempt } from './attempt.js';
import type { DeliveryItem, ItemVerdict } from './contract.js';
import type { Requests } from './endpoints.js';

type Profile = Readonly<Record<string, FieldValue>>;
type Mapped = Extract<MappedEvent, { ok: true }>;
type Outcome = Delivered | Rejected | Retry;

/** From here on an event fills gaps only: what Iterable knows may be newer. */
const LATE_AFTER_MS = 3_600_000;
/** A profile that cannot be seen for so long is taken for lost. */
const WRITE_AGAIN_AFTER_MS = 600_000;

/**
 * Writes the profile unless that is done, then tracks the event. Never writes a subscription.
 * @param onProfileWritten called with the time, ms since 1970, as soon as Iterable has accepted the profile
 */
export async function deliverEvent(
  item: DeliveryItem,
  attempt: Attempt,
  mapEvent: MapEvent,
  onProfileWritten: (atMs: number) => void,
): Promise<ItemVerdict> {
  const { event } = item;
  const { eventId } = event;
  const mapped = mapEvent(event);
  if (!mapped.ok)
    return { eventId, verdict: { kind: 'rejected', reason: mapped.reason, class: mapped.class } };

  const write = async (): Promise<number | Rejected | Retry> => {
    const written = await writeProfile(event, mapped, attempt);
    if (typeof written === 'number') onProfileWritten(written);
    return written;
  };
  const writtenAtMs = item.profileWrittenAtMs ?? (await write());
  if (typeof writtenAtMs !== 'number') return { eventId, verdict: writtenAtMs };
  const verdict = await track(event, mapped, attempt);
  if (verdict.kind === 'delivered') attempt.metrics.countUnlisted(mapped.unlisted);
  const again = isLost(verdict, writtenAtMs, attempt) ? await write() : writtenAtMs;
  return typeof again === 'number'
    ? { eventId, verdict, profileWrittenAtMs: again }
    : { eventId, verdict: again, profileWrittenAtMs: writtenAtMs };
}

function isLost(verdict: Outcome, writtenAtMs: number, attempt: Attempt): boolean {
  const isNotVisible = verdict.kind === 'retry' && verdict.reason === 'profile-not-visible';
  return isNotVisible && attempt.now() - writtenAtMs >= WRITE_AGAIN_AFTER_MS;
}

/** When Iterable accepted the profile, or why it did not. */
async function writeProfile(
  event: AcceptedEvent,
  mapped: Mapped,
  attempt: Attempt,
): Promise<number | Rejected | Retry> {
  const isLate = attempt.now() - event.acceptedAtMs > LATE_AFTER_MS;
  const outcome = isLate ? await fillGaps(mapped, attempt) : await update(mapped, mapped.profile, attempt);
  return outcome.kind === 'delivered' ? attempt.now() : outcome;
}

/** Reads the profile, and writes only what it does not have yet; nothing when it has everything. */
async function fillGaps(mapped: Mapped, attempt: Attempt): Promise<Outcome> {
  const found = await attempt.ask('getUserByEmail', { query: { email: mapped.email } }, judgeUser);
  if (found.kind === 'rejected' || found.kind === 'retry') return found;
  if (found.kind === 'unknown-user') return update(mapped, mapped.profile, attempt);
  const gaps = fillOnly(mapped.profile, found.user.dataFields);
  const idIsMissing = mapped.userId !== undefined && found.user.userId === undefined;
  if (!idIsMissing && Object.keys(gaps).length === 0) return { kind: 'delivered' };
  return update(idIsMissing ? mapped : { email: mapped.email }, gaps, attempt);
}

/** The fields that are absent or null in what exists. */
export function fillOnly(profile: Profile, existing: Readonly<Record<string, unknown>>): Profile {
  return Object.fromEntries(
    Object.entries(profile).filter(([name]) => !Object.hasOwn(existing, name) || existing[name] === null),
  );
}

/** @see https://api.iterable.com/api/docs#users_updateUser top-level fields that are left out stay as they are */
function update(
  person: Pick<Mapped, 'email' | 'userId'>,
  fields: Profile,
  attempt: Attempt,
): Promise<Outcome> {
  const body: Requests['updateUser']['body'] = {
    email: person.email,
    ...(person.userId === undefined ? {} : { userId: person.userId }),
    ...(Object.keys(fields).length === 0 ? {} : { dataFields: fields }),
  };
  return attempt.ask('updateUser', { body }, judgeUpdate);
}

/** @see https://api.iterable.com/api/docs#events_track the same id again updates the event */
function track(event: AcceptedEvent, mapped: Mapped, attempt: Attempt): Promise<Outcome> {
  const body: Requests['trackEvent']['body'] = {
    email: mapped.email,
    eventName: mapped.eventName,
    id: event.eventId,
    createdAt: mapped.createdAtSeconds,
    dataFields: mapped.eventData,
  };
  return attempt.ask('trackEvent', { body }, judgeTrack);
}
