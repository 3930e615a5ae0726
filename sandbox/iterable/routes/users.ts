/** Profiles written, moved to another address, and deleted. */
import { badParams, refuse, success } from '../answers.js';
import type { Answer } from '../answers.js';
import { identify, isFailure } from '../identify.js';
import type { Ids } from '../identify.js';
import { BulkReport, refusalOf } from '../report.js';
import { checkRows, perSecond, withBody } from '../route.js';
import type { Route } from '../route.js';
import { EmailChange, UserUpdate, UserUpdates } from '../shapes.js';
import type { StoredUser } from '../users.js';
import { writeProfile } from '../write-profile.js';
import type { ProfileRow } from '../write-profile.js';
import type { World } from '../world.js';

type Update = ProfileRow & { readonly createNewFields?: boolean | null | undefined };

function updateOne(world: World, row: Update): Answer {
  const check = world.fieldCheck();
  const createNew = row.createNewFields ?? world.settings.createNewFields;
  const fields = check.admit(world.userFields, row.dataFields ?? {}, createNew);
  check.settle();
  const written = writeProfile(world, row, fields, { creates: true, bulk: false });
  if (isFailure(written)) throw refusalOf(world, written, 409);
  return success('User successfully created/updated.');
}

interface Batch {
  readonly rows: readonly ProfileRow[];
  readonly createNew: boolean;
  /** False: rows about people whom nobody knows change nothing. */
  readonly creates: boolean;
}

/**
 * Rows of users/bulkUpdate, and of lists/subscribe, which writes profiles too.
 * @param more what else a row does to a person; says whether that changed anything
 */
export function updateMany(
  world: World,
  batch: Batch,
  more: (user: StoredUser) => boolean = () => false,
): Answer {
  checkRows(world, batch.rows.length);
  const check = world.fieldCheck();
  const kept = batch.rows.map((row) => ({
    row,
    fields: check.admit(world.userFields, row.dataFields ?? {}, batch.createNew),
  }));
  const changes = check.settle();
  const report = new BulkReport('users');
  for (const { row, fields } of kept) {
    const written = writeProfile(world, row, fields, { creates: batch.creates, bulk: true });
    if (isFailure(written)) reportFailure(world, report, written);
    else {
      const changed = more(written.user) || written.changed;
      if (changed) report.succeed();
      else report.noOp({ email: written.user.profile.latest?.email, userId: written.userId });
    }
  }
  return report.answer(changes);
}

function reportFailure(world: World, report: BulkReport, failure: Parameters<BulkReport['fail']>[0]): void {
  const { updateOnlyReports } = world.settings;
  if (failure.problem !== 'notFound' || updateOnlyReports === 'not-found') report.fail(failure);
  else report.noOp(updateOnlyReports === 'no-op' ? failure : {});
}

/** Only where addresses identify people; elsewhere an update with `dataFields.email` does it. */
function updateEmail(world: World, ids: Ids, newEmail: string): Answer {
  if (world.settings.projectType !== 'email') throw badParams('updateEmail is for email-based projects only');
  const found = identify(world, ids);
  if (isFailure(found)) throw refusalOf(world, found, 409);
  const next = identify(world, { email: newEmail });
  if (isFailure(next)) throw refusalOf(world, next, 409);
  if (next.user !== undefined) throw refuse(400, 'EmailAlreadyExists', `Email already exists: ${newEmail}`);
  const profile = found.user?.profile.latest;
  if (found.user === undefined || profile === undefined) throw unknownUser(ids);
  world.users.update(
    found.user,
    { ...profile, email: next.email, updatedAtMs: world.nowMs },
    world.times('users'),
  );
  for (const event of found.user.events ?? []) event.email = next.email ?? '';
  return success('User email successfully updated.');
}

function unknownUser({ email, userId }: Ids): Error {
  return badParams(`User does not exist. Email: ${email ?? 'none'} UserId: ${userId ?? 'none'}`);
}

/** By address, or all who share a user id. */
function remove(world: World, ids: Ids): Answer {
  const byEmail = world.users.byEmail(ids.email?.toLowerCase());
  const users =
    ids.email === undefined
      ? world.users.byUserId(ids.userId ?? undefined)
      : byEmail === undefined
        ? []
        : [byEmail];
  if (users.length === 0) throw unknownUser(ids);
  for (const user of users) world.users.remove(user, world.times('users'));
  return success('User successfully deleted.');
}

export const USER_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/users/update',
    limit: perSecond(500),
    tellsWait: true,
    handle: withBody(UserUpdate, updateOne),
  },
  {
    method: 'POST',
    path: '/api/users/bulkUpdate',
    limit: perSecond(5),
    tellsWait: true,
    handle: withBody(UserUpdates, (world, body) => {
      const createNew = body.createNewFields ?? world.settings.createNewFields;
      const creates = !(body.updateOnly === true && world.settings.updateOnlyFlag);
      return updateMany(world, { rows: body.users, createNew, creates });
    }),
  },
  {
    method: 'POST',
    path: '/api/users/updateEmail',
    handle: withBody(EmailChange, (world, body) =>
      updateEmail(world, { email: body.currentEmail, userId: body.currentUserId }, body.newEmail),
    ),
  },
  {
    method: 'DELETE',
    path: '/api/users/byUserId/{userId}',
    limit: perSecond(100),
    handle: (world, { params }) => remove(world, { userId: params['userId'] }),
  },
  {
    method: 'DELETE',
    path: '/api/users/{email}',
    limit: perSecond(100),
    handle: (world, { params }) => remove(world, { email: params['email'] }),
  },
];
