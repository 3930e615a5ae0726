/** Health, readiness, and how a gateway stops: what is under way is answered, what is new goes elsewhere. */
import { describe, expect, it } from '@jest/globals';
import { Agent } from 'node:http';
import { idle, ManualStarter, startGateway, until } from './support.js';

const EVENT = { work_email: 'robin@example.com', uid: 1001, product_interaction: 'SaaS Trial' };

describe('health', () => {
  it('is up while the process answers, and ready while Temporal does', async () => {
    let reachable = true;
    const gateway = await startGateway({ isTemporalReachable: () => Promise.resolve(reachable) });
    const statusOf = async (path: string): Promise<number> => (await gateway.call({ path })).status;
    expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 200]);
    reachable = false;
    expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 503]);
    await gateway.app.close();
  });
});

describe('closing', () => {
  it('answers what is under way, and sends new requests away with 503', async () => {
    const starter = new ManualStarter();
    const gateway = await startGateway({ starter });
    const authorization = `Bearer ${await gateway.token()}`;
    const agent = new Agent({ keepAlive: true });
    const underWay = gateway.post(EVENT, { authorization });
    await until(() => starter.calls.length === 1);

    const closed = gateway.app.close();
    while ((await gateway.call({ path: '/readyz' })).status !== 503) await idle();
    const refused = await gateway.post({ ...EVENT, uid: 2 }, { authorization });
    expect([refused.status, refused.headers.connection]).toEqual([503, 'close']);
    expect(refused.headers['retry-after']).toBeDefined();
    expect(refused.text).toContain('another one takes it');
    expect((await gateway.call({ path: '/readyz', agent })).headers.connection).toBe('close');
    expect((await gateway.call({ path: '/healthz' })).status).toBe(200);
    const noToken = await gateway.call({ method: 'POST', path: '/oauth/token' });
    expect([noToken.status, noToken.text]).toEqual([503, expect.stringContaining('temporarily_unavailable')]);

    starter.answerNext();
    expect((await underWay).status).toBe(202);
    await closed;
    agent.destroy();
    await expect(gateway.call({ path: '/healthz' })).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('overload', () => {
  it('is answered at once, while earlier requests still wait', async () => {
    const starter = new ManualStarter();
    const gateway = await startGateway({ starter, intakeLimits: { maxWaitingEvents: 5 } });
    const authorization = `Bearer ${await gateway.token()}`;
    const event = (uid: number): typeof EVENT => ({ ...EVENT, uid });
    const taken = gateway.post([1, 2, 3, 4, 5].map(event), { authorization });
    await until(() => starter.calls.length === 1);
    const refused = await Promise.all([6, 7, 8].map((uid) => gateway.post(event(uid), { authorization })));
    expect(refused.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(refused.map(({ headers }) => headers['retry-after'])).not.toContain(undefined);
    starter.answerNext();
    expect((await taken).status).toBe(202);
    await gateway.app.close();
  });
});
