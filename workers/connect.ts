/** The client's connection to Temporal, apart from the workers': commands start faster without their native code. */
import { Client, Connection } from '@temporalio/client';
import type { Config } from '../config/config.js';
import { createDataConverter } from './codec/data-converter.js';

export interface ConnectedClient {
  readonly client: Client;
  readonly connection: Connection;
  readonly close: () => Promise<void>;
}

/** A client that reads and writes encrypted payloads. @throws when the server does not answer */
export async function connectClient(config: Config, address: string): Promise<ConnectedClient> {
  const connection = await Connection.connect({ ...config.temporal.connection.reveal(), address });
  const client = new Client({
    connection,
    namespace: config.temporal.namespace,
    dataConverter: createDataConverter(config.payloadKeys),
  });
  return { client, connection, close: () => connection.close() };
}
