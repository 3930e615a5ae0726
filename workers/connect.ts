/** Connections to Temporal: one for clients, one for workers, both with the same converter. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { Config } from '../config/config.js';
import { createDataConverter } from './codec/data-converter.js';

export interface ConnectedClient {
  readonly client: Client;
  readonly connection: Connection;
  readonly close: () => Promise<void>;
}

/** A client that reads and writes encrypted payloads. @throws when the server does not answer */
export async function connectClient(config: Config, address: string): Promise<ConnectedClient> {
  const connection = await Connection.connect(connectionOptions(config, address));
  const client = new Client({
    connection,
    namespace: config.temporal.namespace,
    dataConverter: createDataConverter(config.payloadKeys),
  });
  return { client, connection, close: () => connection.close() };
}

/** The connection that workers poll through. @throws when the server does not answer */
export async function connectWorker(config: Config, address: string): Promise<NativeConnection> {
  return NativeConnection.connect(connectionOptions(config, address));
}

function connectionOptions(config: Config, address: string): NativeConnectionOptions {
  return { ...config.temporal.connection.reveal(), address };
}
