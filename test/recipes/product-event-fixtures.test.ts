import { describe, expect, it } from '@jest/globals';
import { mapProductEvent } from '../../recipes/map-product-event.js';
import { FIELDS, PRODUCT_EVENTS } from '../../recipes/product-events.js';
import { productEventFixtures } from '../fixtures/product-events/load.js';
import { accepted, NOON_MS } from './accepted.js';

const fixtures = productEventFixtures();

describe('what Iterable gets for each product event', () => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('%s', (_name, { body, expected }) => {
    const mapped = mapProductEvent(accepted(body));
    if (!mapped.ok) {
      expect(mapped).toStrictEqual({ ok: false, ...expected });
      return;
    }
    const { email, createdAtSeconds, ...rest } = mapped;
    expect(rest).toStrictEqual({ ok: true, unlisted: [], ...expected });
    expect(email).toMatch(/^[a-z.]+@example\.com$/);
    expect(createdAtSeconds).toBe(Math.floor(NOON_MS / 1000));
  });
});

describe('the fixtures', () => {
  const events = fixtures.map(({ body }) => accepted(body));

  it('cover every product interaction', () => {
    const sent = events.map(({ fields }) => fields.product_interaction);
    const missing = Object.keys(PRODUCT_EVENTS).filter((value) => !sent.includes(value));
    expect(missing.map((value) => `add a body with "${value}" to test/fixtures/product-events`)).toEqual([]);
    expect(Object.keys(PRODUCT_EVENTS)).toHaveLength(16);
  });

  it('exercise every field', () => {
    const exercised = new Set(
      fixtures.flatMap(({ expected }) => ('profile' in expected ? Object.keys(expected.profile) : [])),
    );
    const missing = FIELDS.filter(({ name }) => !exercised.has(name));
    expect(
      missing.map(
        ({ name, from }) =>
          `add "${from}" to a body in test/fixtures/product-events, and "${name}" to its expected`,
      ),
    ).toEqual([]);
  });

  it('are named after the recipe that maps them', () => {
    const slugs = events.map(({ eventId }) => eventId.replace(/-[a-z2-7]{16}$/, ''));
    expect(fixtures.map(({ name }) => name.split('.')[0])).toEqual(slugs);
  });

  it('hold invented people only', () => {
    for (const { fields } of events) expect(fields.work_email).toMatch(/@example\.com$/);
  });
});
