/** How fast events are taken in, grouped and one workflow each, by the very processes that `npm start` runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { got } from 'got';
import { startSandboxIterable } from '../../sandbox/iterable/index.js';
import { burstOf } from '../../sandbox/samples/product-events.js';
import { freePort } from '../../workers/temporal/ports.js';
import { benchSettings, CLIENT } from './settings.js';
import { startProcess } from '../processes.js';
import { fetchToken } from '../recipes/gateway-client.js';
import { table } from '../recipes/output.js';
import { percentile, postAll } from './load.js';

interface IntakeRun {
  readonly groupEvents: number;
  readonly events: number;
  readonly accepted: number;
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly meanGroup: number;
  /** From the first POST until Iterable has every event. */
  readonly deliveredSeconds: number;
  readonly lost: number;
}

const GROUPED = 100;
const DELIVERY_PATIENCE_MS = 180_000;

export async function benchIntake(options: {
  events: number;
  baselineEvents: number;
  connections: number;
  json: boolean;
}): Promise<void> {
  const baseline = await measure(1, options.baselineEvents, options.connections);
  const grouped = await measure(GROUPED, options.events, options.connections);
  const ratio = grouped.eventsPerSecond / baseline.eventsPerSecond;
  if (options.json) process.stdout.write(`${JSON.stringify({ baseline, grouped, ratio })}\n`);
  else
    process.stdout.write(
      `${show([baseline, grouped])}\ngrouping takes in ${ratio.toFixed(1)} times as many events per second\n`,
    );
  if (baseline.lost + grouped.lost > 0 || grouped.accepted < grouped.events) process.exitCode = 1;
}

async function measure(groupEvents: number, count: number, connections: number): Promise<IntakeRun> {
  const dataDir = await mkdtemp(join(tmpdir(), 'iterable-recipes-bench-'));
  const iterable = await startSandboxIterable();
  const metricsPort = await freePort(9464);
  const app = await startProcess([], {
    ...benchSettings(dataDir, iterable),
    GATEWAY_GROUP_EVENTS: String(groupEvents),
    METRICS_PORT: String(metricsPort),
  });
  try {
    const url = String(app.ready['gateway']);
    const token = await fetchToken({ url, ...CLIENT });
    const startMs = performance.now();
    const load = await postAll(`${url}/v1/product-events`, token, burstOf(count), connections);
    const delivered = await waitFor(() => iterable.events().length >= count);
    return {
      groupEvents,
      events: count,
      accepted: load.statuses.get(202) ?? 0,
      eventsPerSecond: count / load.seconds,
      p50Ms: percentile(load.latenciesMs, 0.5),
      p99Ms: percentile(load.latenciesMs, 0.99),
      meanGroup: await meanGroupSize(metricsPort),
      deliveredSeconds: (performance.now() - startMs) / 1000,
      lost: delivered ? 0 : count - iterable.events().length,
    };
  } finally {
    await app.end('SIGTERM');
    await iterable.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function meanGroupSize(metricsPort: number): Promise<number> {
  const page = await got(`http://127.0.0.1:${String(metricsPort)}/metrics`).text();
  const value = (name: string): number =>
    Number(new RegExp(`^\\w*gateway_group_events\\w*_${name}\\S* ([\\d.]+)$`, 'm').exec(page)?.[1]);
  return value('sum') / value('count');
}

async function waitFor(holds: () => boolean): Promise<boolean> {
  const deadline = Date.now() + DELIVERY_PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > deadline) return false;
    await delay(50);
  }
  return true;
}

function show(runs: readonly IntakeRun[]): string {
  return table(
    [
      'events per workflow, most',
      'events',
      '202',
      'events/s',
      'p50 ms',
      'p99 ms',
      'mean group',
      'delivered after s',
      'lost',
    ],
    runs.map((run) => [
      String(run.groupEvents),
      String(run.events),
      String(run.accepted),
      run.eventsPerSecond.toFixed(0),
      run.p50Ms.toFixed(0),
      run.p99Ms.toFixed(0),
      run.meanGroup.toFixed(1),
      run.deliveredSeconds.toFixed(1),
      String(run.lost),
    ]),
  );
}
