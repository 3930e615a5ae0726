/** A proxy in front of a sandbox that holds one request at a chosen moment, so that a process can be killed just then. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';

export interface GateRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly body: string;
}

/** `before`: the request never arrives. `after`: it takes effect, and its answer never arrives. */
export type Moment = 'before' | 'after';

export interface Gate {
  readonly url: string;
  /** Holds the first request that matches from now on. @returns resolves when it is held */
  readonly hold: (moment: Moment, matches: (request: GateRequest) => boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Hold {
  readonly moment: Moment;
  readonly matches: (request: GateRequest) => boolean;
  readonly reached: () => void;
}

/** @param to base URL of what stands behind it */
export async function startGate(to: string): Promise<Gate> {
  const holds = new Set<Hold>();
  const server = createServer((request, response) => void pass({ request, response, to, holds }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    hold: (moment, matches) =>
      new Promise((reached) => {
        holds.add({ moment, matches, reached });
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly to: string;
  readonly holds: Set<Hold>;
}

async function pass({ request, response, to, holds }: Exchange): Promise<void> {
  const body = Buffer.concat(await request.toArray());
  const { method = '', url = '', headers } = request;
  const hold = [...holds].find(({ matches }) => matches({ method, url, body: body.toString() }));
  if (hold !== undefined) holds.delete(hold);
  if (hold?.moment === 'before') {
    hold.reached();
    return;
  }
  const onwards = httpRequest(to + url, { method, headers }, (answer) => {
    if (hold !== undefined) {
      answer.resume().once('end', hold.reached);
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onwards.once('error', () => response.destroy());
  onwards.end(body);
}
