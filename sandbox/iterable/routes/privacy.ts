/** The right to be forgotten: deletes a person and refuses every later write about them. */
import { createHash } from 'node:crypto';
import { badParams, json, success } from '../answers.js';
import type { Answer } from '../answers.js';
import { emailProblem, lowerCased } from '../identify.js';
import type { Ids } from '../identify.js';
import { refusalOf } from '../report.js';
import { perSecond, withBody } from '../route.js';
import type { Route } from '../route.js';
import { Person } from '../shapes.js';
import type { World } from '../world.js';

/** The identity that the project forgets by. @throws Refusal BadParams for the other one */
function forgettable(world: World, ids: Ids): { email: string } | { userId: string } {
  const { projectType } = world.settings;
  if (typeof ids.email === 'string' && projectType !== 'userId') {
    const wrong = emailProblem(world, ids.email);
    if (wrong !== undefined) throw refusalOf(world, wrong, 400);
    return { email: lowerCased(ids.email) };
  }
  if (typeof ids.userId === 'string' && projectType !== 'email') return { userId: ids.userId };
  throw badParams(projectType === 'email' ? 'Provide an email' : 'Provide a userId');
}

function forget(world: World, ids: Ids): Answer {
  const person = forgettable(world, ids);
  const byEmail = 'email' in person ? world.users.byEmail(person.email) : undefined;
  const users =
    'userId' in person ? world.users.byUserId(person.userId) : byEmail === undefined ? [] : [byEmail];
  for (const user of users) world.users.remove(user, world.times('users'));
  if ('email' in person) world.forgottenEmails.add(person.email);
  else world.forgottenUserIds.add(person.userId);
  return success('User successfully forgotten.');
}

function unforget(world: World, ids: Ids): Answer {
  const person = forgettable(world, ids);
  if ('email' in person) world.forgottenEmails.delete(person.email);
  else world.forgottenUserIds.delete(person.userId);
  return success('User successfully unforgotten.');
}

const hashed = (values: readonly string[]): readonly string[] =>
  values.map((value) => createHash('sha256').update(value.trim().toLowerCase()).digest('hex'));

function forgottenEmails(world: World): Answer {
  if (world.settings.projectType === 'userId') throw badParams('Not for userID-based projects');
  return json({ hashedEmails: hashed(world.forgotten().emails) });
}

function forgottenUserIds(world: World): Answer {
  if (world.settings.projectType === 'email') throw badParams('Not for email-based projects');
  return json({ hashedUserIds: hashed(world.forgotten().userIds) });
}

const limit = perSecond(3);

export const PRIVACY_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/users/forget', limit, daily: true, handle: withBody(Person, forget) },
  { method: 'POST', path: '/api/users/unforget', limit, daily: true, handle: withBody(Person, unforget) },
  { method: 'GET', path: '/api/users/forgotten', limit, handle: forgottenEmails },
  { method: 'GET', path: '/api/users/forgottenUserIds', limit, handle: forgottenUserIds },
];
