/** A sandbox Snowflake with a user who may log in, and warehouses that do. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Warehouse } from '../../activities/warehouse/engine.js';
import { createSnowflake, type SnowflakeTuning } from '../../activities/warehouse/snowflake/snowflake.js';
import type { SnowflakeConfig } from '../../config/config.js';
import {
  startSandboxSnowflake,
  type SandboxSnowflake,
  type SandboxSnowflakeOptions,
} from '../../sandbox/snowflake/index.js';
import { expectSnowflakeRequest } from './snowflake-contract.js';

export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export const newKeyPair = (modulusLength = 2_048): KeyPair =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/** Made once for a file of tests: it takes a while. */
let shared: KeyPair | undefined;
export const sharedKeyPair = (): KeyPair => (shared ??= newKeyPair());

export interface KeyFile {
  readonly path: string;
  readonly write: (text: string) => void;
  readonly remove: () => void;
}

export function keyFile(text: string): KeyFile {
  const folder = mkdtempSync(join(tmpdir(), 'snowflake-key-'));
  const path = join(folder, 'key.p8');
  const write = (content: string): void => {
    writeFileSync(path, content);
  };
  write(text);
  return {
    path,
    write,
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

export interface SnowflakeStage {
  readonly sandbox: SandboxSnowflake;
  readonly config: SnowflakeConfig;
  readonly key: KeyFile;
  /** Each has tokens and connections of its own, as each worker has. */
  readonly connect: (tuning?: SnowflakeTuning) => Warehouse;
  /** Also holds every request against the contract and its SQL against a parser, unless told that they are bad on purpose. */
  readonly close: (requests?: 'checked' | 'bad-on-purpose') => Promise<void>;
}

/** Looks are a few milliseconds apart, so that no test waits for them. */
const QUICK: SnowflakeTuning = { firstPollMs: 2, longestPollMs: 10, graceMs: 200 };

export async function startSnowflakeStage(options: SandboxSnowflakeOptions = {}): Promise<SnowflakeStage> {
  const { privateKey, publicKey } = sharedKeyPair();
  const sandbox = await startSandboxSnowflake({ publicKeys: [publicKey], ...options });
  const key = keyFile(privateKey);
  const { account, user, database, schema, url: baseUrl } = sandbox;
  const config = {
    kind: 'snowflake',
    account,
    user,
    database,
    schema,
    baseUrl,
    privateKeyPath: key.path,
  } as const;
  const connected: Warehouse[] = [];
  return {
    sandbox,
    config,
    key,
    connect: (tuning = {}) => {
      const warehouse = createSnowflake(config, { ...QUICK, ...tuning });
      connected.push(warehouse);
      return warehouse;
    },
    close: async (requests = 'checked') => {
      await Promise.all(connected.map((warehouse) => warehouse.close()));
      const received = sandbox.received();
      await sandbox.close();
      key.remove();
      if (requests === 'checked') received.forEach(expectSnowflakeRequest);
    },
  };
}
