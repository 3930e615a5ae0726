/** The part of cron that models may use, and what of it is refused where a model is defined. */
import { describe, expect, it } from '@jest/globals';
import { parseCron } from '../../domain/cron.js';
import { defineModel } from '../../domain/define-model.js';
import { usersNamespaces } from '../../recipes/models/users-namespaces.js';

const one = (value: number): object[] => [{ start: value, end: value, step: 1 }];

describe('cron of models', () => {
  it('reads numbers, ranges, steps and lists', () => {
    expect(parseCron('5 0-12/4 1,15 * 1-5')).toEqual({
      minute: one(5),
      hour: [{ start: 0, end: 12, step: 4 }],
      dayOfMonth: [...one(1), ...one(15)],
      month: undefined,
      dayOfWeek: [{ start: 1, end: 5, step: 1 }],
    });
    expect(parseCron(' */20  * * 12 0 ')).toMatchObject({
      minute: [{ start: 0, end: 59, step: 20 }],
      hour: [{ start: 0, end: 23, step: 1 }],
      month: one(12),
      dayOfWeek: one(0),
    });
  });

  it.each([
    '',
    '* * * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 0 * *',
    '0 0 * 13 *',
    '0 0 * * 7',
    '5-1 * * * *',
    '*/0 * * * *',
    '0 0 * * MON',
    '@daily',
  ])('refuses %j', (text) => {
    expect(parseCron(text)).toBeUndefined();
  });

  it('says at the definition of a model what is wrong with its schedule', () => {
    const at = (cron: string, timeZone = 'UTC'): unknown =>
      defineModel({ ...usersNamespaces, schedule: { cron, timeZone } });
    expect(() => at('0 0 * * 7')).toThrow('"0 0 * * 7" is not a cron expression of five fields in numbers');
    expect(() => at('0 0 1 * 1')).toThrow('names days of the month and of the week');
    expect(() => at('0 0 * * *', 'Mars/Olympus')).toThrow('"Mars/Olympus" is not a time zone');
  });
});
