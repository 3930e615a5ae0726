/** `npm run bench -- race`: opt-outs, opt-ins and everybody else's changes at once, on a development server of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { environment } from '../../config/environment.js';
import { generatePayloadKey, payloadKeyRing } from '../../config/payload-keys.js';
import { createDataConverter } from '../../workers/codec/data-converter.js';
import { installTelemetry } from '../../workers/telemetry.js';
import { findBinary, TEMPORAL_CLI } from '../../workers/temporal/binaries.js';
import { ensureDevServer } from '../../workers/temporal/dev-server.js';
import { workflowBundle } from '../../workers/workflow-bundle.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { createOutput, table } from '../recipes/output.js';
import { percentile } from './load.js';
import { raceConsent, type RaceResult, type RaceTemporal } from './race/run.js';

export interface RaceBenchOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly changes: number;
  readonly atOnce: number;
  readonly json: boolean;
}

const LONGEST_MS = 10_000;

/** Races with the targeted endpoints on, then off. Ends the process with 1 when anything is not as it must be. */
export async function benchRace({ json, ...options }: RaceBenchOptions): Promise<void> {
  installTelemetry({ logLevel: 'error', metricsPort: undefined });
  const results = await onTemporal(async (temporal) => [
    await raceConsent({ ...options, longestMs: LONGEST_MS, targeted: true }, temporal),
    await raceConsent({ ...options, longestMs: LONGEST_MS, targeted: false }, temporal),
  ]);
  createOutput({ json }).result(results, () => show(results));
  if (results.some((result) => violationsOf(result) > 0)) process.exitCode = 1;
}

/** What must not happen. Without the targeted endpoints, what is lost is only counted. */
export function violationsOf({ wrong, undone, created, lost, targeted }: RaceResult): number {
  return wrong.length + undone + created + (targeted ? lost : 0);
}

async function onTemporal<T>(work: (temporal: RaceTemporal) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'iterable-recipes-race-'));
  const { TEMPORAL_CLI_PATH: explicitPath, PATH: searchPath = '' } = environment();
  const { path } = await findBinary(TEMPORAL_CLI, { explicitPath, searchPath });
  const server = await ensureDevServer({
    executable: path,
    dataDir,
    searchAttributes: Object.values(searchAttributes),
    ui: false,
    preferredPort: 0,
  });
  const dataConverter = createDataConverter(payloadKeyRing.parse(generatePayloadKey('race')));
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  try {
    const client = new Client({ connection, dataConverter });
    return await work({ client, connection: native, dataConverter, workflowBundle: await workflowBundle() });
  } finally {
    await native.close();
    await connection.close();
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function show(results: readonly RaceResult[]): string {
  return table(
    [
      'targeted',
      'seeds',
      'changes',
      'opt-outs written',
      'opt-ins written',
      'contested',
      'violations',
      'opt-outs undone',
      "others' changes lost",
      'merges',
      'read to write, ms: p50',
      'p99',
    ],
    results.map((result) => [
      result.targeted ? 'on' : 'off',
      String(result.seeds),
      String(result.seeds * result.changes),
      String(result.written.optOuts),
      String(result.written.optIns),
      String(result.contested),
      String(violationsOf(result)),
      String(result.undone),
      String(result.lost),
      String(result.windowsMs.length),
      percentile(result.windowsMs, 0.5).toFixed(1),
      percentile(result.windowsMs, 0.99).toFixed(1),
    ]),
  );
}
