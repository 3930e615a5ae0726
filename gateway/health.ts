/** `GET /healthz`: the process answers. `GET /readyz`: it can take events now. */
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { HealthAnswer } from './schemas.js';
import type { z } from 'zod';

export interface HealthDeps {
  readonly isTemporalReachable: () => Promise<boolean>;
  readonly isDraining: () => boolean;
}

export function healthRoutes(app: FastifyInstance, { isTemporalReachable, isDraining }: HealthDeps): void {
  app.get('/healthz', (): z.infer<typeof HealthAnswer> => ({ status: 'up' }));
  app.get('/readyz', async (_request, reply): Promise<z.infer<typeof HealthAnswer>> => {
    if (isDraining()) return reply.code(503).send({ status: 'stopping' });
    if (await isTemporalReachable()) return { status: 'ready' };
    return reply.code(503).send({ status: 'Temporal does not answer, or the namespace is missing' });
  });
}

const PROBE_TIMEOUT_MS = 2_000;
const PROBE_KEPT_MS = 1_000;

/** Asks Temporal for the namespace: that needs the server, its database and valid credentials. At most once a second. */
export function createTemporalProbe(client: Client): () => Promise<boolean> {
  let last: { readonly atMs: number; readonly answer: Promise<boolean> } | undefined;
  return () => {
    const nowMs = Date.now();
    if (last === undefined || nowMs - last.atMs > PROBE_KEPT_MS)
      last = { atMs: nowMs, answer: probe(client) };
    return last.answer;
  };
}

async function probe(client: Client): Promise<boolean> {
  const { namespace } = client.options;
  try {
    await client.withDeadline(Date.now() + PROBE_TIMEOUT_MS, () =>
      client.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } catch {
    return false;
  }
}
