import { describe, expect, it } from '@jest/globals';
import { createReviseEvent } from '../../../activities/events/revise-event.js';
import { acceptedEvent, TEST_HASHER } from '../../support/events.js';

const reviseEvent = createReviseEvent(TEST_HASHER);
const event = acceptedEvent(1, { company_name: 'Sample Works', some_new_key: 'kept' }, 1_700_000_000_000);

describe('revising an event', () => {
  it('replaces fields by their flat names; id, time, person and the rest stay', async () => {
    const revised = await reviseEvent(event, { company_name: 'Other Works' });
    expect(revised).toEqual({ ...event, fields: { ...event.fields, company_name: 'Other Works' } });
  });

  it('takes the names of a lead as well', async () => {
    const revised = await reviseEvent(event, { employees_bucket: '1-99', phone: '+1 23 456-78-90' });
    expect(revised.fields).toMatchObject({ company_size: '1-99', phone_number: '+1 23 456-78-90' });
  });

  it('moves the event to the person of the new address, under either name and in any spelling', async () => {
    for (const name of ['work_email', 'email']) {
      const revised = await reviseEvent(event, { [name]: ' Robin@Example.com' });
      expect(revised.fields.work_email).toBe('robin@example.com');
      expect(revised.personHash).toBe(TEST_HASHER.person('robin@example.com'));
      expect(revised.eventId).toBe(event.eventId);
    }
  });

  it('empties a field with null', async () => {
    const revised = await reviseEvent(event, { company_name: null });
    expect(revised.fields.company_name).toBeNull();
  });

  it('keeps keys that nobody knows, old and new ones', async () => {
    const revised = await reviseEvent(event, { another_new_key: 2 });
    expect(revised.unknown).toEqual({ some_new_key: 'kept', another_new_key: 2 });
  });

  it('refuses for good what is not valid, naming fields as they were given and never their values', async () => {
    const revising = reviseEvent(event, { email: 'robin.example.com', setup_for_company: 'perhaps' });
    await expect(revising).rejects.toMatchObject({ type: 'invalid-input', nonRetryable: true });
    await expect(revising).rejects.toThrow(
      /^email: .*e-mail address.*; setup_for_company: .*true, false or null$/,
    );
    await expect(revising).rejects.not.toThrow(/robin\.example\.com|perhaps/);
  });

  it('changes nothing in the event that it was given', async () => {
    const before = structuredClone(event);
    await reviseEvent(event, { company_name: 'Other Works', work_email: 'sam@example.com' });
    expect(event).toEqual(before);
  });
});
