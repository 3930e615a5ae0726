/** A proxy in front of Temporal that lets some people's workflows be started, and none after them. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';

export interface TemporalGate {
  /** `host:port` */
  readonly address: string;
  /**
   * From now on the connection over which the next of these workflows would be started, after so many of them, takes
   * nothing more. @returns resolves when that has happened
   */
  readonly holdStartsAfter: (count: number, workflowIds: ReadonlySet<string>) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Hold {
  readonly count: number;
  readonly workflowIds: ReadonlySet<string>;
  readonly seen: Set<string>;
  readonly reached: () => void;
}

/** @param to `host:port` of a Temporal without TLS, whose requests have the ids of workflows in the clear */
export async function startTemporalGate(to: string): Promise<TemporalGate> {
  let hold: Hold | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const [host = '', port = ''] = to.split(':');
    const temporal = connect(Number(port), host);
    let isHeld = false;
    client.on('data', (chunk) => {
      isHeld ||= hold !== undefined && isOver(hold, chunk.toString('latin1'));
      if (isHeld) hold?.reached();
      else temporal.write(chunk);
    });
    temporal.pipe(client);
    for (const [one, other] of [
      [client, temporal],
      [temporal, client],
    ] as const) {
      sockets.add(one);
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('error', () => one.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    address: `127.0.0.1:${String(port)}`,
    holdStartsAfter: (count, workflowIds) =>
      new Promise((resolve) => {
        const reached = (): void => {
          hold = undefined; // other connections, and those of the next process, are left alone
          resolve();
        };
        hold = { count, workflowIds, seen: new Set(), reached };
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Whether the text names more of the workflows than may be started. */
function isOver({ count, workflowIds, seen }: Hold, text: string): boolean {
  for (const id of workflowIds) if (text.includes(id)) seen.add(id);
  return seen.size > count;
}
