/** A sender of single POSTs over many connections, lean enough to leave the machine to what is measured. */
import { Agent, request } from 'node:http';

export interface LoadResult {
  readonly seconds: number;
  /** Of each answer, in the order of the answers. */
  readonly latenciesMs: readonly number[];
  /** How many answers had each status; 0 stands for no answer. */
  readonly statuses: ReadonlyMap<number, number>;
}

/** Posts each body once, over `connections` kept open, and measures from the first byte sent to the last received. */
export async function postAll(
  url: string,
  token: string,
  bodies: readonly unknown[],
  connections: number,
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesMs: number[] = [];
  const statuses = new Map<number, number>();
  const payloads = bodies.map((body) => JSON.stringify(body));
  let next = 0;
  const startMs = performance.now();
  const sender = async (): Promise<void> => {
    for (let payload = payloads[next++]; payload !== undefined; payload = payloads[next++]) {
      const sentMs = performance.now();
      const status = await post(url, token, payload, agent);
      latenciesMs.push(performance.now() - sentMs);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, sender));
  agent.destroy();
  return { seconds: (performance.now() - startMs) / 1000, latenciesMs, statuses };
}

function post(url: string, token: string, payload: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(payload),
    };
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode ?? 0);
      });
    });
    call.on('error', () => {
      resolve(0);
    });
    call.end(payload);
  });
}

/** The value that `share` of the sorted values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
