import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { resolve } from '../../../activities/iterable/subscription-ids.js';
import { MESSAGE_TYPES as DECLARED, type WritableType } from '../../../recipes/subscriptions.js';
import { CHANNELS, MESSAGE_TYPES } from '../../../sandbox/iterable/project.js';

/** A name that got past the compiler, as from a file. */
const smuggled = (name: string): WritableType => z.custom<WritableType>().parse(name);

describe('ids of message types', () => {
  it('are given for what is ours', () => {
    expect(resolve(MESSAGE_TYPES, CHANNELS).of('gitlabMarketing')).toMatchObject({ id: 101, channelId: 11 });
  });

  it.each([...Object.keys(DECLARED).filter((name) => name !== 'gitlabMarketing'), 'constructor', 'nothing'])(
    'are refused at run time for %s',
    (name) => {
      expect(() => resolve(MESSAGE_TYPES, CHANNELS).of(smuggled(name))).toThrow('not ours to write');
    },
  );

  it('are refused when a type that is not ours has the same one', () => {
    const types = MESSAGE_TYPES.map((type) => ({ ...type, id: type.id === 102 ? 101 : type.id }));
    expect(() => resolve(types, CHANNELS).of('gitlabMarketing')).toThrow('not ours to write');
  });
});
