/** /openapi.json is a valid description, and describes exactly the routes that there are. */
import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { startGateway } from './support.js';

const Document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.looseObject({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

async function describedInterface(): Promise<z.infer<typeof Document>> {
  const gateway = await startGateway();
  const { json } = await gateway.call({ path: '/openapi.json' });
  await gateway.app.close();
  return Document.parse(json);
}

describe('the interface description', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(await describedInterface());
    expect(result).toEqual({ valid: true });
  });

  it('describes every route, and no other', async () => {
    const gateway = await startGateway();
    const tree = gateway.app.printRoutes({ commonPrefix: false });
    await gateway.app.close();
    // Lines such as `├── /v1/product-events (POST)`, with children indented below their parent.
    const leaves = tree
      .split('\n')
      .flatMap((line) => /── (\S+) \((.+)\)/.exec(line)?.slice(1).join(' ') ?? []);
    expect(leaves.sort()).toEqual([
      '/:eventId GET, HEAD',
      '/healthz GET, HEAD',
      '/oauth/token POST',
      '/openapi.json GET, HEAD',
      '/readyz GET, HEAD',
      '/v1/marketo/unsubscribes POST',
      '/v1/product-events POST',
    ]);
    const { paths } = await describedInterface();
    expect(Object.keys(paths).sort()).toEqual([
      '/healthz',
      '/oauth/token',
      '/openapi.json',
      '/readyz',
      '/v1/marketo/unsubscribes',
      '/v1/product-events',
      '/v1/product-events/{eventId}',
    ]);
  });

  it('has schemas that take the bodies of all shapes, and refuse wrong ones', async () => {
    const { components } = await describedInterface();
    const ajv = new Ajv2020({ strict: false });
    const takes = (name: string, body: unknown): boolean =>
      ajv.validate(
        JSON.parse(JSON.stringify(components.schemas[name]).replaceAll('#/components/schemas', '#')),
        body,
      );
    expect(takes('FlatEvent', { work_email: 'robin@example.com', opt_in: null, newer_key: {} })).toBe(true);
    expect(takes('FlatEvent', { email: 'robin@example.com' })).toBe(false);
    expect(
      takes('LeadEvent', { email: 'robin@example.com', user_id: '1001', employees_bucket: '1-99' }),
    ).toBe(true);
    expect(takes('LeadEvent', { email: 'robin@example.com', is_for_business_use: 'yes' })).toBe(false);
    expect(takes('WrappedLeadEvent', { trial_user: { email: 'robin@example.com' } })).toBe(true);
    expect(takes('WrappedLeadEvent', { email: 'robin@example.com' })).toBe(false);
    expect(takes('UnsubscribeCall', { email: 'robin@example.com', leadId: 1001 })).toBe(true);
    expect(takes('UnsubscribeCall', { leadId: '1001' })).toBe(false);
  });
});
