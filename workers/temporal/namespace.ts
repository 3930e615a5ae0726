/** Makes a namespace ready for the recipes: the attributes that operators search by, and how long runs are kept. */
import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError, type Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { apiTypeOf, cliTypeOf, type AnySearchAttribute } from './search-attribute-types.js';

export interface NamespaceOptions {
  readonly searchAttributes: readonly AnySearchAttribute[];
  /** How long closed workflows are kept. Only for a namespace of our own; left alone when undefined. */
  readonly retentionDays?: number | undefined;
  /** How long to wait until what was registered can be used. */
  readonly usableTimeoutMs?: number;
}

export interface NamespaceState {
  /** Names that are not registered and that this client may not register. Workflows that set them cannot start. */
  readonly missing: readonly string[];
  /** What somebody who may has to run, one command each; empty when nothing is missing. */
  readonly commands: readonly string[];
  /** Names that are registered with another type; they have to be removed and made again. */
  readonly wrongType: readonly string[];
}

const DAY_MS = 86_400_000;
const USABLE_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** @see https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const GRPC = { invalidArgument: 3, alreadyExists: 6, permissionDenied: 7, unimplemented: 12 } as const;
const NOT_FOR_US: readonly number[] = [GRPC.permissionDenied, GRPC.unimplemented];
/** Invalid: the namespace has no room for one more of that type. Also harmless: somebody else was faster. */
const NOT_REGISTERED: readonly number[] = [...NOT_FOR_US, GRPC.invalidArgument, GRPC.alreadyExists];

interface Target {
  readonly connection: Connection;
  readonly namespace: string;
}

/**
 * Registers what is missing where the server allows it, and waits until it is usable.
 * @throws ServiceError when the server cannot be reached or does not know the namespace
 */
export async function prepareNamespace(
  connection: Connection,
  namespace: string,
  { searchAttributes, retentionDays, usableTimeoutMs = USABLE_TIMEOUT_MS }: NamespaceOptions,
): Promise<NamespaceState> {
  const target = { connection, namespace };
  if (retentionDays !== undefined) await keepFor(target, retentionDays);
  const { absent, wrongType } = await compare(target, searchAttributes);
  const registered = await Promise.all(absent.map((key) => register(target, key)));
  const deadline = Date.now() + usableTimeoutMs;
  const usable = await Promise.all(
    absent.map((key, index) => becomesUsable(target, key, registered[index] === true ? deadline : 0)),
  );
  const missing = absent.filter((_, index) => usable[index] !== true);
  return { missing: namesOf(missing), commands: createCommands(namespace, missing), wrongType };
}

/**
 * What of these search attributes is missing, without changing anything.
 * @throws ServiceError when the server cannot be reached or does not know the namespace
 */
export async function inspectSearchAttributes(
  connection: Connection,
  namespace: string,
  keys: readonly AnySearchAttribute[],
): Promise<NamespaceState> {
  const { absent, wrongType } = await compare({ connection, namespace }, keys);
  return { missing: namesOf(absent), commands: createCommands(namespace, absent), wrongType };
}

/**
 * The Temporal CLI commands that register these search attributes. One each: given several names and one type, the
 * CLI registers the first name and reports success (seen with 1.9.1).
 * @see https://docs.temporal.io/cli/command-reference/operator
 */
export function createCommands(namespace: string, keys: readonly AnySearchAttribute[]): string[] {
  const create = `temporal operator search-attribute create --namespace ${namespace}`;
  return keys.map((key) => `${create} --name ${key.name} --type ${cliTypeOf(key)}`);
}

/** @see https://docs.temporal.io/temporal-service/temporal-server#retention-period */
async function keepFor({ connection, namespace }: Target, days: number): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(days * DAY_MS) },
  });
}

async function compare(
  target: Target,
  keys: readonly AnySearchAttribute[],
): Promise<{ absent: AnySearchAttribute[]; wrongType: string[] }> {
  const types = await registeredTypes(target);
  if (types !== undefined) {
    const absent = keys.filter(({ name }) => !types.has(name));
    const other = keys.filter((key) => types.has(key.name) && types.get(key.name) !== apiTypeOf(key));
    return { absent, wrongType: namesOf(other) };
  }
  const usable = await Promise.all(keys.map((key) => isUsable(target, key)));
  return { absent: keys.filter((_, index) => usable[index] !== true), wrongType: [] };
}

/** @returns undefined where the server does not tell, as Temporal Cloud */
async function registeredTypes({ connection, namespace }: Target): Promise<Map<string, number> | undefined> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return new Map<string, number>(Object.entries(customAttributes));
  } catch (error) {
    if (hasCode(error, NOT_FOR_US)) return undefined;
    throw error;
  }
}

/** One at a time: a call with several fails as a whole when one of them cannot be added. */
async function register({ connection, namespace }: Target, key: AnySearchAttribute): Promise<boolean> {
  try {
    const searchAttributes = { [key.name]: apiTypeOf(key) };
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return true;
  } catch (error) {
    if (hasCode(error, NOT_REGISTERED)) return hasCode(error, [GRPC.alreadyExists]);
    throw error;
  }
}

/** The server's parts learn of a new attribute one after the other. */
async function becomesUsable(target: Target, key: AnySearchAttribute, deadline: number): Promise<boolean> {
  while (!(await isUsable(target, key))) {
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** A query that names an unknown attribute is refused. This one finds nothing, by an index. */
async function isUsable({ connection, namespace }: Target, { name }: AnySearchAttribute): Promise<boolean> {
  try {
    const query = `WorkflowId = 'none' AND ${name} IS NULL`;
    await connection.workflowService.countWorkflowExecutions({ namespace, query });
    return true;
  } catch (error) {
    if (hasCode(error, [GRPC.invalidArgument])) return false;
    throw error;
  }
}

function hasCode(error: unknown, codes: readonly number[]): boolean {
  return isGrpcServiceError(error) && codes.includes(error.code);
}

function namesOf(keys: readonly AnySearchAttribute[]): string[] {
  return keys.map(({ name }) => name);
}
