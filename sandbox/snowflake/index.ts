/**
 * A local server that behaves like Snowflake's SQL API, with DuckDB behind it: tokens, waits, partitions, encodings,
 * repeats, cancellations, faults. It keeps what it received, and runs SQL for whoever seeds or inspects its tables.
 */
import { Recorder, type RecordedRequest } from '../iterable/recorder.js';
import { openDatabase, type Database, type Place } from './database.js';
import { faultsOf, type Endpoint, type Fault, type FaultPlan } from './faults.js';
import { fingerprintOf, type LoginFailure } from './key-pair.js';
import { listen } from './server.js';
import { Service } from './service.js';
import { DEFAULT_SETTINGS, type SnowflakeSettings } from './settings.js';
import { statementsOf } from './sql-tokens.js';
import { translate } from './translate.js';

export type { Endpoint, Fault, FaultPlan } from './faults.js';
export { DEFAULT_SETTINGS, type SnowflakeSettings } from './settings.js';

export interface SandboxSnowflake {
  /** `http://127.0.0.1:<port>`; paths start with `/api/v2`. */
  readonly url: string;
  readonly account: string;
  readonly user: string;
  readonly database: string;
  readonly schema: string;
  /** Replaces the accepted public keys, PEM: `RSA_PUBLIC_KEY`, and `RSA_PUBLIC_KEY_2` during a rotation. */
  setKeys(...publicKeys: readonly string[]): void;
  /** Runs Snowflake SQL beside the API. @returns the last statement's rows, numbers of any size as text */
  sql(text: string): Promise<readonly (readonly unknown[])[]>;
  /** Requests in the order in which they were dealt with; `path` as sent, or an endpoint's. */
  received(path?: string): readonly RecordedRequest[];
  /** Why a token was refused, by the uuid of the answer: what SYSTEM$GET_LOGIN_FAILURE_DETAILS tells. */
  loginFailure(uuid: string): LoginFailure | undefined;
  /** The next so many statements are answered with their handles, however fast they are. */
  deferNext(count: number): void;
  setFaults(plan: FaultPlan | undefined): void;
  /** Changes settings while it runs. */
  configure(changes: Partial<SnowflakeSettings>): void;
  /** Forgets tables, statements and requests; settings, keys and faults stay. Tables of a file stay, too. */
  reset(): Promise<void>;
  /** Cancels what runs and ends all connections, hanging ones included. */
  close(): Promise<void>;
}

export interface SandboxSnowflakeOptions extends Partial<SnowflakeSettings> {
  /** 0, the default: any free one. */
  readonly port?: number | undefined;
  readonly account?: string | undefined;
  readonly user?: string | undefined;
  /** PEM. Without one nobody gets in. */
  readonly publicKeys?: readonly string[] | undefined;
  readonly database?: string | undefined;
  readonly schema?: string | undefined;
  /** A DuckDB file that holds the tables; in memory, unless told. */
  readonly path?: string | undefined;
  readonly faults?: FaultPlan | undefined;
}

/** Starts the server on 127.0.0.1. */
export async function startSandboxSnowflake(
  options: SandboxSnowflakeOptions = {},
): Promise<SandboxSnowflake> {
  const {
    port = 0,
    account = 'SANDBOX-SNOWFLAKE',
    user = 'ITERABLE_RECIPES',
    publicKeys = [],
    ...others
  } = options;
  const {
    database = 'MARKETING',
    schema = 'ITERABLE_RECIPES',
    path = ':memory:',
    faults,
    ...settings
  } = others;
  const world = new World({ database, schema }, path);
  world.setFaults(faults);
  await world.open({ ...DEFAULT_SETTINGS, ...settings }, { account, user, publicKeys });
  const recorder = new Recorder();
  const { url, close } = await listen(() => world.service, recorder, port);
  return {
    url,
    account,
    user,
    database,
    schema,
    received: (endpoint) => recorder.received(endpoint),
    ...controls(world, recorder),
    close: async () => {
      await close();
      await world.close();
    },
  };
}

type Controls = 'setKeys' | 'sql' | 'loginFailure' | 'deferNext' | 'setFaults' | 'configure' | 'reset';

function controls(world: World, recorder: Recorder): Pick<SandboxSnowflake, Controls> {
  return {
    setKeys: (...publicKeys) => {
      publicKeys.forEach(fingerprintOf); // throws for what is no key
      world.service.account = { ...world.service.account, publicKeys };
    },
    sql: (text) => world.sql(text),
    loginFailure: (uuid) => world.service.loginFailures.get(uuid),
    deferNext: (count) => {
      world.deferrals = count;
    },
    setFaults: (plan) => {
      world.setFaults(plan);
    },
    configure: (changes) => {
      world.service.settings = { ...world.service.settings, ...changes };
    },
    reset: async () => {
      recorder.clear();
      const { settings, account } = world.service;
      await world.close();
      await world.open(settings, account);
    },
  };
}

/** The database and the service over it, which a reset replaces. */
class World {
  deferrals = 0;
  readonly #home: Place;
  readonly #path: string;
  #draw: (endpoint: Endpoint) => Fault | undefined = () => undefined;
  #open: { readonly service: Service; readonly database: Database } | undefined;

  constructor(home: Place, path: string) {
    this.#home = home;
    this.#path = path;
  }

  get service(): Service {
    if (this.#open === undefined) throw new Error('the sandbox is closed');
    return this.#open.service;
  }

  setFaults(plan: FaultPlan | undefined): void {
    this.#draw = plan === undefined ? () => undefined : faultsOf(plan);
  }

  async open(settings: SnowflakeSettings, account: Service['account']): Promise<void> {
    const database = await openDatabase(this.#path, this.#home);
    const takesDeferral = (): boolean => (this.deferrals -= 1) >= 0;
    const draw = (endpoint: Endpoint): Fault | undefined => this.#draw(endpoint);
    this.#open = { database, service: new Service({ settings, account, database, draw, takesDeferral }) };
  }

  async sql(text: string): Promise<readonly (readonly unknown[])[]> {
    if (this.#open === undefined) throw new Error('the sandbox is closed');
    const session = await this.#open.database.connect({}, 'UTC');
    try {
      let rows: readonly (readonly unknown[])[] = [];
      for (const statement of statementsOf(text)) {
        const result = await session.run(translate(statement));
        rows = await result.getRowsJson();
      }
      return rows;
    } finally {
      session.close();
    }
  }

  async close(): Promise<void> {
    await this.#open?.service.close();
    this.#open?.database.close();
    this.#open = undefined;
  }
}
