/** The house rules that lint enforces, each with code that breaks it and code that does not: a list for lint.test.ts. */

/** A house rule: what breaks it, what is reported then, and how it is done instead. */
export interface HouseRule {
  readonly name: string;
  /** The file that the code pretends to be: rooms have rules of their own. */
  readonly file: string;
  readonly bad: readonly string[];
  /** Part of the message that says what to do. */
  readonly says: string;
  readonly good: readonly string[];
}

export const houseRules: readonly HouseRule[] = [
  {
    name: "Node's modules in workflows",
    file: 'workflows/example/workflow.ts',
    bad: [
      `import { readFile } from 'node:fs/promises'; export const read = readFile;`,
      `import { createHash } from 'crypto'; export const hash = createHash;`,
      `export { setTimeout } from 'node:timers';`,
      `import type { Socket } from 'node:net'; export type Line = Socket;`,
    ],
    says: 'do this in an activity',
    good: [`import { sleep } from '@temporalio/workflow'; export const wait = sleep;`],
  },
  {
    name: "activities' code in workflows",
    file: 'workflows/example/workflow.ts',
    bad: [
      `import { deliverEvents } from '../../activities/iterable/activities.js'; export const deliver = deliverEvents;`,
      `export * from '../../activities/iterable/contract.js';`,
    ],
    says: 'Import the interface only',
    good: [
      `import type { IterableActivities } from '../../activities/iterable/contract.js'; export type Its = IterableActivities;`,
    ],
  },
  {
    name: 'schemas in workflows',
    file: 'workflows/example/workflow.ts',
    bad: [
      `import { z } from 'zod'; export const Name = z.string();`,
      `import { z } from 'zod/v4'; export const Name = z.string();`,
      `import { ProductEvent } from '../../domain/product-event.schema.js'; export const schema = ProductEvent;`,
    ],
    says: 'Parse in the gateway or an activity',
    good: [`import type { z } from 'zod'; export type Schema = z.ZodType;`],
  },
  {
    name: 'settings, gateway and workers in workflows',
    file: 'workflows/example/workflow.ts',
    bad: [
      `import { loadConfig } from '../../config/load.js'; export const load = loadConfig;`,
      `import type { Config } from '../../config/load.js'; export type Settings = Config;`,
      `import { startWorkers } from '../../workers/workers.js'; export const start = startWorkers;`,
    ],
    says: 'Workflows get what they need as input',
    good: [
      `export const run = (settings: { readonly environment: string }): string => settings.environment;`,
    ],
  },
  {
    name: 'activity proxies without a timeout',
    file: 'workflows/example/workflow.ts',
    bad: [
      proxy(`{ taskQueue: 'iterable' }`),
      proxy(`{ heartbeatTimeout: '10 seconds' }`),
      proxy(`{ taskQueue: 'iterable' }`, 'proxyLocalActivities'),
    ],
    says: 'An activity proxy states its timeouts',
    good: [
      proxy(`{ startToCloseTimeout: '10 seconds' }`),
      proxy(`{ scheduleToCloseTimeout: '1 minute' }`, 'proxyLocalActivities'),
    ],
  },
  {
    name: 'console in workflows',
    file: 'workflows/example/workflow.ts',
    bad: [`console.log('delivered');`, `export const say = console.warn;`],
    says: 'Use log from @temporalio/workflow',
    good: [`import { log } from '@temporalio/workflow'; log.info('delivered');`],
  },
  {
    name: 'wall clocks in workflows',
    file: 'workflows/example/workflow.ts',
    bad: [`export const atMs = Date.now();`],
    says: 'Take times from inputs',
    good: [`import { workflowNow } from '../shared/clock.js'; export const atMs = workflowNow();`],
  },
  {
    name: 'bare timers in workflows',
    file: 'workflows/example/workflow.ts',
    bad: [`setTimeout(() => undefined, 1_000);`, `setInterval(() => undefined, 1_000);`],
    says: 'Use sleep or condition',
    good: [
      `import { sleep } from '@temporalio/workflow'; await sleep('1 second', { summary: 'next attempt' });`,
    ],
  },
  {
    name: 'anything but rules in domain/ and recipes/',
    file: 'domain/example.ts',
    bad: [
      `import { readFile } from 'node:fs/promises'; export const read = readFile;`,
      `import { loadConfig } from '../config/load.js'; export const load = loadConfig;`,
      `import { takeEvents } from '../gateway/take-events.js'; export const take = takeEvents;`,
    ],
    says: 'Rules are pure',
    good: [`import { REASONS } from './reasons.js'; export const reasons = Object.keys(REASONS);`],
  },
  {
    name: 'settings read outside config/',
    file: 'gateway/example.ts',
    bad: [
      `export const port = process.env.GATEWAY_PORT;`,
      `export const port = process.env['GATEWAY_PORT'];`,
      `export const all = process['env'];`,
      `const { env } = process; export const all = env;`,
      `import { env } from 'node:process'; export const all = env;`,
    ],
    says: 'Read settings through config/load.ts',
    good: [
      `export const port = (config: { readonly port: number }): number => config.port;`,
      `export const id = process.pid;`,
    ],
  },
  {
    name: 'casts',
    file: 'activities/example.ts',
    bad: [
      `export const toName = (value: unknown): string => value as string;`,
      `export const toName = (value: unknown): string => <string>value;`,
      `export const toName = (value: unknown): string => value as unknown as string;`,
    ],
    says: 'Parse with zod or narrow with a guard',
    good: [
      `export const names = ['a', 'b'] as const;`,
      `export const limits = { name: 1 } satisfies Record<string, number>;`,
      `export const toName = (value: unknown): string => (typeof value === 'string' ? value : '');`,
    ],
  },
  {
    name: 'any',
    file: 'test/example.test.ts',
    bad: [`export const toName = (value: any): string => String(value);`],
    says: 'Specify a different type',
    good: [`export const toName = (value: unknown): string => String(value);`],
  },
  {
    name: 'absence that is denied',
    file: 'test/example.test.ts',
    bad: [`export const first = (names: string[]): string => names[0]!;`],
    says: 'Say what happens when it is absent',
    good: [`export const first = (names: string[]): string => names[0] ?? 'nobody';`],
  },
  {
    name: 'numbers without a unit',
    file: 'config/example.ts',
    bad: [
      `export const timeout = 30;`,
      `export const POLL_INTERVAL = 5 * 60;`,
      `export interface Limits { readonly maxAge: number }`,
      `export const wait = (delay: number): number => delay;`,
    ],
    says: 'carries its unit',
    good: [
      `export const timeoutMs = 30;`,
      `export const POLL_INTERVAL_MS = 5 * 60_000;`,
      `export interface Answer { readonly page: number; readonly maxAgeHours: number; readonly message: number }`,
      `export const wait = (delayMs: number): number => delayMs;`,
    ],
  },
  {
    name: 'default exports',
    file: 'scripts/example.ts',
    bad: [`export default function run(): void { return; }`, `const run = 1; export default run;`],
    says: 'Use a named export',
    good: [`export function run(): void { return; }`],
  },
  {
    name: 'enums',
    file: 'recipes/example.ts',
    bad: [`export enum Status { Open, Done }`, `export const enum Status { Open, Done }`],
    says: 'Use an "as const" object or a union',
    good: [
      `export const STATUSES = ['open', 'done'] as const; export type Status = (typeof STATUSES)[number];`,
    ],
  },
  {
    name: 'suppressions that suppress nothing',
    file: 'sandbox/example.ts',
    bad: [`// eslint-disable-next-line no-restricted-syntax -- no longer needed\nexport const one = 1;`],
    says: 'Unused eslint-disable directive',
    good: [
      `// eslint-disable-next-line no-restricted-syntax -- the loader wants it\nexport default { one: 1 };`,
    ],
  },
];

function proxy(options: string, by = 'proxyActivities'): string {
  return `import { ${by} } from '@temporalio/workflow';
    import type { IterableActivities } from '../../activities/iterable/contract.js';
    export const { deliverEvents } = ${by}<IterableActivities>(${options});`;
}
