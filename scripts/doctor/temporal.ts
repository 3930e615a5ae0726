/** Whether Temporal has what the recipes need: the namespace, its search attributes, and workers on the queues. */
import { isGrpcServiceError, type Client, type Connection } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import type { Config } from '../../config/config.js';
import { RETENTION_DAYS } from '../../workers/app.js';
import { connectClient } from '../../workers/connect.js';
import { attachDevServer } from '../../workers/temporal/dev-server.js';
import { inspectSearchAttributes } from '../../workers/temporal/namespace.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { note, ok, wrong, type Finding } from './finding.js';

const { TaskQueueType } = proto.temporal.api.enums.v1;

interface Queue {
  readonly name: string;
  readonly type: proto.temporal.api.enums.v1.TaskQueueType;
  /** What happens while nobody polls it. */
  readonly without: string;
}

function queuesOf({ marketo }: Config): readonly Queue[] {
  const type = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY;
  const without = 'events are accepted and wait';
  return [
    { name: 'recipes', type: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, without },
    { name: 'iterable', type, without },
    { name: 'warehouse', type, without: 'the consent log waits' },
    ...(marketo === undefined ? [] : [{ name: 'marketo', type, without: 'polls and checked opt-ins wait' }]),
  ];
}

const DAY_MS = 86_400_000;
const CALL_TIMEOUT_MS = 10_000;
/** A poll lasts a minute. Temporal still names pollers that died up to five minutes ago. */
const POLLED_WITHIN_MS = 90_000;

/** The server of the settings, else the development server that `npm start` has running here. */
export async function examineTemporal(config: Config): Promise<readonly Finding[]> {
  const devServer = config.temporal.address === undefined ? await attachDevServer(config.dataDir) : undefined;
  try {
    const address = config.temporal.address ?? devServer?.address;
    if (address !== undefined) return await examineAt(address, config);
    return [
      wrong('temporal', `no development server runs in ${config.dataDir}`, [
        'npm start starts one; TEMPORAL_ADDRESS names another',
      ]),
    ];
  } finally {
    await devServer?.close();
  }
}

async function examineAt(address: string, config: Config): Promise<readonly Finding[]> {
  const connected = await connectClient(config, address).catch((error: unknown) =>
    unreachable(address, codeOf(error)),
  );
  if ('check' in connected) return [connected];
  const { client, connection, close } = connected;
  try {
    return await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      examineServer({ client, connection, address, queues: queuesOf(config) }),
    );
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return [unreachable(address, code)];
  } finally {
    await close();
  }
}

/** @see https://grpc.io/docs/guides/status-codes/ */
const GRPC = { notFound: 5, permissionDenied: 7, unauthenticated: 16 } as const;

function codeOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}

function unreachable(address: string, code: number | undefined): Finding {
  if (code === GRPC.permissionDenied || code === GRPC.unauthenticated) {
    return wrong('temporal', `${address} refuses the credentials`, [
      'correct TEMPORAL_API_KEY, or the client certificate, or TEMPORAL_NAMESPACE',
    ]);
  }
  return wrong('temporal', `${address} does not answer${code === undefined ? '' : ` (grpc-${code})`}`, [
    'start it, or correct TEMPORAL_ADDRESS and TEMPORAL_TLS',
  ]);
}

interface Server {
  readonly client: Client;
  readonly connection: Connection;
  readonly address: string;
  readonly queues: readonly Queue[];
}

async function examineServer({ client, connection, address, queues }: Server): Promise<readonly Finding[]> {
  const { namespace } = client.options;
  const retentionMs = await retentionOf(client);
  if (retentionMs === undefined) {
    return [
      ok('temporal', `${address} answers`),
      wrong('namespace', `${namespace} does not exist`, [
        `temporal operator namespace create --namespace ${namespace} --retention ${RETENTION_DAYS}d`,
      ]),
    ];
  }
  return [
    ok('temporal', `${address} answers`),
    retentionFinding(namespace, retentionMs / DAY_MS),
    ...(await examineSearchAttributes(connection, namespace)),
    ...(await Promise.all(queues.map((queue) => examineQueue(client, queue)))),
  ];
}

/** @returns nothing when the namespace does not exist */
async function retentionOf(client: Client): Promise<number | undefined> {
  try {
    const { namespace } = client.options;
    const { config } = await client.workflowService.describeNamespace({ namespace });
    return tsToMs(config?.workflowExecutionRetentionTtl ?? undefined);
  } catch (error) {
    if (codeOf(error) === GRPC.notFound) return undefined;
    throw error;
  }
}

function retentionFinding(namespace: string, days: number): Finding {
  const says = `${namespace} keeps closed workflows for ${Math.round(days * 10) / 10} days, and with them the memory of duplicates`;
  if (days >= RETENTION_DAYS) return ok('namespace', says);
  return note('namespace', says, [
    `temporal operator namespace update --namespace ${namespace} --retention ${RETENTION_DAYS}d`,
  ]);
}

async function examineSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<readonly Finding[]> {
  const keys = Object.values(searchAttributes);
  const { missing, commands, wrongType } = await inspectSearchAttributes(connection, namespace, keys);
  const check = 'search-attributes';
  return [
    ...(missing.length === 0 ? [] : [wrong(check, `missing: ${missing.join(', ')}`, commands)]),
    ...wrongType.map((name) => wrong(check, `${name} has another type`, ['remove it, and start again'])),
    ...(missing.length + wrongType.length === 0 ? [ok(check, `all ${keys.length} are there`)] : []),
  ];
}

/** @see https://docs.temporal.io/cli/command-reference/task-queue */
async function examineQueue(client: Client, { name, type, without }: Queue): Promise<Finding> {
  const { namespace } = client.options;
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: type,
  });
  const alive = pollers.filter(
    ({ lastAccessTime }) => Date.now() - tsToMs(lastAccessTime ?? undefined) < POLLED_WITHIN_MS,
  );
  const check = `queue-${name}`;
  if (alive.length > 0) return ok(check, `polled by ${alive.length} worker${alive.length === 1 ? '' : 's'}`);
  return wrong(check, `polled by no worker: ${without}`, ['npm start -- --only worker']);
}
