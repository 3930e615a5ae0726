/** Profiles and profile fields read. An unknown person is no error at Iterable, mostly. */
import { badParams, json, refused } from '../answers.js';
import type { Answer } from '../answers.js';
import { fieldTypes } from '../field-types.js';
import type { Ids } from '../identify.js';
import { perSecond } from '../route.js';
import type { Route } from '../route.js';
import { SUBSCRIPTION_ARRAYS } from '../subscriptions.js';
import { iterableTime } from '../times.js';
import type { Profile } from '../users.js';
import type { World } from '../world.js';

function unknown(world: World): Answer {
  switch (world.settings.unknownUserAnswer) {
    case 'empty-body':
      return json({});
    case 'empty-user':
      return json({ user: {} });
    case 'error':
      return refused(400, 'error.users.noUserWithIdExists', 'No user exists with this identity');
  }
}

/** Subscription state stands among the profile fields; what is empty is left out. */
function profileBody(profile: Profile, byEmail: boolean): unknown {
  const { email, userId, dataFields, subscriptions } = profile;
  const arrays = SUBSCRIPTION_ARRAYS.filter((name) => subscriptions[name].length > 0).map(
    (name): [string, readonly number[]] => [
      name === 'emailListIds' && !byEmail ? 'userListIds' : name,
      subscriptions[name],
    ],
  );
  return {
    user: {
      ...(email === undefined ? {} : { email }),
      ...(userId === undefined ? {} : { userId }),
      dataFields: {
        ...dataFields,
        ...Object.fromEntries(arrays),
        ...(email === undefined ? {} : { email }),
        ...(userId === undefined ? {} : { userId }),
        signupDate: iterableTime(profile.createdAtMs),
        profileUpdatedAt: iterableTime(profile.updatedAtMs),
      },
    },
  };
}

function read(world: World, ids: Ids): Answer {
  const email = ids.email?.trim().toLowerCase();
  const userId = ids.userId ?? undefined;
  if ((email ?? userId ?? '') === '') throw badParams('Provide an email or a userId');
  const nowMs = world.nowMs;
  const user = world.users.readable(nowMs, { email, userId });
  const profile = user?.profile.readable(nowMs);
  if (user === undefined || profile === undefined) return unknown(world);
  if (user.hiddenReads > 0) {
    user.hiddenReads -= 1;
    return unknown(world);
  }
  return json(profileBody(profile, world.settings.projectType === 'email'));
}

const limit = perSecond(100);

export const USER_READ_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/users/getFields',
    limit: perSecond(3),
    handle: (world) => json({ fields: fieldTypes(world.userFields) }),
  },
  {
    method: 'GET',
    path: '/api/users/getByEmail',
    limit,
    handle: (world, { query }) => read(world, { email: query.get('email') }),
  },
  {
    method: 'GET',
    path: '/api/users/byUserId',
    limit,
    handle: (world, { query }) => read(world, { userId: query.get('userId') }),
  },
  {
    method: 'GET',
    path: '/api/users/byUserId/{userId}',
    limit,
    handle: (world, { params }) => read(world, { userId: params['userId'] }),
  },
  {
    method: 'GET',
    path: '/api/users/{email}',
    limit,
    handle: (world, { params }) => read(world, { email: params['email'] }),
  },
];
